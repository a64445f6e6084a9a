import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller, Global, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { EmitWebhookOn, WebhookEvent, type BookingChange } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../../support/each-database.js';
import { bookingChange } from '../../support/test-host.js';
import { useTestHost } from '../../support/use-test-host.js';
import { waitUntil } from '../../support/wait-until.js';

@Injectable()
class Mappings {
  private readonly prefix = 'b';

  @EmitWebhookOn('exact')
  exact(name: string): BookingChange {
    return this.change('exact', name);
  }

  @EmitWebhookOn('one.*')
  oneLevel(name: string): BookingChange {
    return this.change('one.*', name);
  }

  @EmitWebhookOn('many.**')
  manyLevels(name: string): BookingChange {
    return this.change('many.**', name);
  }

  @EmitWebhookOn('first', 'second')
  @EmitWebhookOn('third')
  several(name: string): BookingChange {
    return this.change('several', name);
  }

  @EmitWebhookOn('arguments')
  allArguments(...names: string[]): BookingChange {
    return this.change('arguments', `(${names.join()})`);
  }

  @EmitWebhookOn('list')
  list(names: string[]): BookingChange[] {
    return names.map((name) => this.change('list', name));
  }

  @EmitWebhookOn('maybe')
  maybe(answer: null | undefined): BookingChange | null | undefined {
    return answer;
  }

  @EmitWebhookOn('later')
  async later(name: string): Promise<BookingChange> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return this.change('later', name);
  }

  unmarked(name: string): BookingChange {
    return this.change('unmarked', name);
  }

  private change(method: string, name: string): BookingChange {
    return bookingChange(`${this.prefix} ${method} ${name}`, null, 'ON_HOLD');
  }
}

class Inherited {
  @EmitWebhookOn('inherited')
  changed(): BookingChange {
    return bookingChange(`inherited by ${this.constructor.name}`, null, 'ON_HOLD');
  }

  @EmitWebhookOn('overridden')
  overridden(): BookingChange {
    return bookingChange('not overridden', null, 'ON_HOLD');
  }
}

@Injectable()
class Heir extends Inherited {
  @EmitWebhookOn('overridden')
  override overridden(): BookingChange {
    return bookingChange('overridden', null, 'ON_HOLD');
  }
}

@Controller()
class MarkedController {
  @EmitWebhookOn('controller')
  changed(): BookingChange {
    return bookingChange('controller', null, 'ON_HOLD');
  }
}

@Injectable()
class Starting implements OnApplicationBootstrap {
  constructor(private readonly events: EventEmitter2) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.events.emitAsync('exact', 'while starting');
  }
}

/** Global, so that Nest starts it before the modules that are not. */
@Global()
@Module({ providers: [Starting] })
class StartingModule {}

describeOnServers('A method marked with @EmitWebhookOn', (kind) => {
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    {
      imports: [EventEmitterModule.forRoot({ wildcard: true }), StartingModule],
      extras: { isGlobal: false },
      controllers: [MarkedController],
      providers: [
        Mappings,
        Heir,
        { provide: 'an alias', useExisting: Mappings },
        { provide: 'the same instance', inject: [Mappings], useFactory: (mappings: Mappings) => mappings },
      ],
    },
  );
  let events: EventEmitter2;
  let atStart: string[];

  beforeAll(async () => {
    events = host.app.get(EventEmitter2);
    atStart = await written();
  });
  beforeEach(() => host.dataSource.getRepository(WebhookEvent).clear());

  const written = async (): Promise<string[]> => {
    const rows = await host.dataSource.manager.find(WebhookEvent, { order: { sequence: 'ASC' } });
    return rows.map(({ resourceId }) => resourceId);
  };

  it.each([
    { event: 'exact', maps: ['b exact x'] },
    { event: 'exact.more', maps: [] },
    { event: 'one', maps: [] },
    { event: 'one.level', maps: ['b one.* x'] },
    { event: 'one.level.more', maps: [] },
    { event: 'many.levels.more', maps: ['b many.** x'] },
    { event: 'first', maps: ['b several x'] },
    { event: 'second', maps: ['b several x'] },
    { event: 'third', maps: ['b several x'] },
    { event: 'later', maps: ['b later x'] },
    { event: 'inherited', maps: ['inherited by Heir'] },
    { event: 'overridden', maps: ['overridden'] },
    { event: 'controller', maps: ['controller'] },
    { event: 'unmarked', maps: [] },
  ])('$event is mapped to $maps', async ({ event, maps }) => {
    await events.emitAsync(event, 'x');
    expect(await written()).toEqual(maps);
  });

  it.each([[[]], [['1']], [['1', '2']], [['1', '2', '3', '4']]])(
    'it gets the arguments of the event: %j',
    async (names) => {
      await events.emitAsync('arguments', ...names);
      expect(await written()).toEqual([`b arguments (${names.join()})`]);
    },
  );

  it('it may return several changes, which keep their order, or an empty list', async () => {
    await events.emitAsync('list', ['3', '1', '2']);
    await events.emitAsync('list', []);
    expect(await written()).toEqual(['b list 3', 'b list 1', 'b list 2']);
  });

  it.each([null, undefined])('when it returns %s, nothing is emitted', async (answer) => {
    await events.emitAsync('maybe', answer);
    expect(await written()).toEqual([]);
  });

  it('it gets what the host emits while it bootstraps', () => {
    expect(atStart).toEqual(['b exact while starting']);
  });

  it('it gets what plain emit emits', async () => {
    events.emit('exact', 'x');
    await waitUntil('the event', async () => (await written()).length > 0);
    expect(await written()).toEqual(['b exact x']);
  });
});
