import { Injectable, Module } from '@nestjs/common';

/** A host's configuration. */
@Injectable()
export class ConfigService {
  readonly time: number = 75;
}

@Module({ providers: [ConfigService], exports: [ConfigService] })
export class ConfigModule {}
