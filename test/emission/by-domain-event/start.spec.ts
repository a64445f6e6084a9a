import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Global, Injectable, Module, Scope, type Provider, type Type } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import {
  EmitWebhookOn,
  MissingEventEmitterModuleError,
  InvalidWebhookMethodError,
  WebhookEvent,
  type BookingChange,
} from 'nestjs-octo-webhooks';
import type { DataSource } from 'typeorm';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../../support/each-database.js';
import { bookingChange, startTestHost, type RunningHost } from '../../support/test-host.js';

@Injectable()
class Marked {
  @EmitWebhookOn('booking.changed')
  changed(uuid: string): BookingChange {
    return bookingChange(uuid, null, 'ON_HOLD');
  }
}

@Injectable()
class MarkedWithWildcard {
  @EmitWebhookOn('booking.*')
  changed(uuid: string): BookingChange {
    return bookingChange(uuid, null, 'ON_HOLD');
  }
}

@Injectable({ scope: Scope.REQUEST })
class OfRequest extends Marked {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Marked {}

@Injectable({ scope: Scope.REQUEST })
class OnlyRequestScoped {}

@Injectable()
class DependsOnRequest extends Marked {
  constructor(readonly dependency: OnlyRequestScoped) {
    super();
  }
}

describeOnServers('The bridge to EventEmitter2', (kind) => {
  let database: TestDatabase;
  let opened: DataSource | null = null;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
  });
  afterAll(() => database.drop());
  afterEach(async () => {
    // An application that does not start closes nothing.
    if (opened?.isInitialized === true) await opened.destroy();
  });

  const start = (providers: Provider[], ...imports: (Type | ReturnType<typeof EventEmitterModule.forRoot>)[]) =>
    startTestHost(database.url, { dispatch: { enabled: false } }, undefined, {
      imports,
      providers,
      onDataSource: (dataSource) => {
        opened = dataSource;
      },
    });

  it('asks for EventEmitterModule where a method is marked', async () => {
    const starting = start([Marked]);
    await expect(starting).rejects.toThrow(MissingEventEmitterModuleError);
    await expect(starting).rejects.toThrow(/Marked\.changed .* EventEmitterModule\.forRoot\(\)/);
  });

  it('needs no EventEmitterModule where none is', async () => {
    const host = await start([]);
    await host.close();
  });

  it('refuses a wildcard that the emitter does not know', async () => {
    const starting = start([MarkedWithWildcard], EventEmitterModule.forRoot());
    await expect(starting).rejects.toThrow(InvalidWebhookMethodError);
    await expect(starting).rejects.toThrow(/MarkedWithWildcard\.changed .* booking\.\*\. .*wildcard: true/);
  });

  it.each([
    { provider: OfRequest, others: [], reason: 'OfRequest.changed .* request-scoped' },
    { provider: DependsOnRequest, others: [OnlyRequestScoped], reason: 'DependsOnRequest.changed .* request-scoped' },
    { provider: Transient, others: [], reason: 'Transient.changed .* transient' },
  ])('refuses a method without a lasting instance: $provider.name', async ({ provider, others, reason }) => {
    const starting = start([provider, ...others], EventEmitterModule.forRoot());
    await expect(starting).rejects.toThrow(InvalidWebhookMethodError);
    await expect(starting).rejects.toThrow(new RegExp(reason));
  });

  it('lets go of an emitter that outlives the application', async () => {
    const emitter = new EventEmitter2({ wildcard: true });

    @Global()
    @Module({ providers: [{ provide: EventEmitter2, useValue: emitter }], exports: [EventEmitter2] })
    class OwnEmitter {}

    const host: RunningHost = await start([Marked, MarkedWithWildcard], OwnEmitter);
    await emitter.emitAsync('booking.changed', 'running');
    expect(await host.dataSource.manager.countBy(WebhookEvent, { resourceId: 'running' })).toBe(2);
    await host.close();
    expect(emitter.hasListeners('booking.changed')).toBe(false);
  });
});
