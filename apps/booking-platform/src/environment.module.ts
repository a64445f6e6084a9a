import { Module, type DynamicModule } from '@nestjs/common';
import { Clock } from './clock.js';
import { PLATFORM_SETTINGS, type PlatformSettings } from './settings.js';

/** The clock and the settings, for every module. */
@Module({})
export class EnvironmentModule {
  static with(settings: PlatformSettings, clock: Clock): DynamicModule {
    return {
      module: EnvironmentModule,
      global: true,
      providers: [
        { provide: PLATFORM_SETTINGS, useValue: settings },
        { provide: Clock, useValue: clock },
      ],
      exports: [PLATFORM_SETTINGS, Clock],
    };
  }
}
