import { expect, it } from '@jest/globals';
import { Global, Injectable, Module, Scope, type Provider, type Type } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import {
  EmitWebhookOn,
  MissingEventEmitterModuleError,
  InvalidWebhookMethodError,
  WebhookEvent,
  type BookingChange,
} from 'nestjs-octo-webhooks';
import { describeOnServers, useTestDatabase } from '../../support/each-database.js';
import { bookingChange } from '../../support/test-host.js';
import { useTestHosts } from '../../support/use-test-host.js';

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
  const hosts = useTestHosts(useTestDatabase(kind));

  const start = (providers: Provider[], ...imports: (Type | ReturnType<typeof EventEmitterModule.forRoot>)[]) =>
    hosts.start({ dispatch: { enabled: false } }, { imports, providers });

  it('a host with a marked method needs EventEmitterModule', async () => {
    const starting = start([Marked]);
    await expect(starting).rejects.toThrow(MissingEventEmitterModuleError);
    await expect(starting).rejects.toThrow(/Marked\.changed .* EventEmitterModule\.forRoot\(\)/);
  });

  it('a host without a marked method does not need EventEmitterModule', async () => {
    const host = await start([]);
    await host.close();
  });

  it('a wildcard is refused if the emitter has none', async () => {
    const starting = start([MarkedWithWildcard], EventEmitterModule.forRoot());
    await expect(starting).rejects.toThrow(InvalidWebhookMethodError);
    await expect(starting).rejects.toThrow(/MarkedWithWildcard\.changed .* booking\.\*\. .*wildcard: true/);
  });

  it.each([
    { provider: OfRequest, others: [], reason: 'OfRequest.changed .* request-scoped' },
    { provider: DependsOnRequest, others: [OnlyRequestScoped], reason: 'DependsOnRequest.changed .* request-scoped' },
    { provider: Transient, others: [], reason: 'Transient.changed .* transient' },
  ])(
    'a method of a provider without a lasting instance is refused: $provider.name',
    async ({ provider, others, reason }) => {
      const starting = start([provider, ...others], EventEmitterModule.forRoot());
      await expect(starting).rejects.toThrow(InvalidWebhookMethodError);
      await expect(starting).rejects.toThrow(new RegExp(reason));
    },
  );

  it('an emitter that outlives the application has no listeners left', async () => {
    const emitter = new EventEmitter2({ wildcard: true });

    @Global()
    @Module({ providers: [{ provide: EventEmitter2, useValue: emitter }], exports: [EventEmitter2] })
    class OwnEmitter {}

    const host = await start([Marked, MarkedWithWildcard], OwnEmitter);
    await emitter.emitAsync('booking.changed', 'running');
    expect(await host.dataSource.manager.countBy(WebhookEvent, { resourceId: 'running' })).toBe(2);
    await host.close();
    expect(emitter.hasListeners('booking.changed')).toBe(false);
  });
});
