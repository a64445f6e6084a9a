import { beforeEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  WEBHOOK_CREATED,
  WEBHOOK_DELETED,
  WEBHOOK_MOVED,
  WEBHOOK_WIDENED,
  WebhookConnections,
  type Webhook,
  type WebhookOperationalEvent,
  type WebhookSettings,
} from 'nestjs-octo-webhooks';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { describeOnServers } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const { a, b } = CONNECTIONS;
const ORIGIN = 'http://127.0.0.1:9';
const URL_1 = 'http://user:s3cret@127.0.0.1:9/s3cret?key=s3cret';

describeOnServers("The host's audit log", (kind) => {
  let told: [string, WebhookOperationalEvent][];
  const tell = (name: string, event: WebhookOperationalEvent): void => void told.push([name, event]);

  @Injectable()
  class AuditLog {
    @OnEvent(WEBHOOK_CREATED)
    created(event: WebhookOperationalEvent): void {
      tell(WEBHOOK_CREATED, event);
    }

    @OnEvent(WEBHOOK_MOVED)
    moved(event: WebhookOperationalEvent): void {
      tell(WEBHOOK_MOVED, event);
    }

    @OnEvent(WEBHOOK_WIDENED)
    widened(event: WebhookOperationalEvent): void {
      tell(WEBHOOK_WIDENED, event);
    }

    @OnEvent(WEBHOOK_DELETED)
    deleted(event: WebhookOperationalEvent): void {
      tell(WEBHOOK_DELETED, event);
    }
  }

  const steps = new DatabaseSteps();
  const parts = { imports: [EventEmitterModule.forRoot()], providers: [AuditLog], overrides: [watchedDatabase(steps)] };
  const host = useTestHost(kind, { dispatch: { enabled: false } }, parts);

  beforeEach(async () => {
    await emptyTables(host.dataSource);
    told = [];
  });

  const about = ({ id }: Webhook) => ({
    webhookId: id,
    connectionId: a.id,
    supplierId: a.supplierId,
    event: 'booking_update',
  });
  const update = ({ id }: Webhook, settings: Partial<WebhookSettings>): Promise<Webhook> =>
    host.webhooks.update(a, id, settings, []);

  it('is told who created a webhook, and where it goes, without secrets', async () => {
    const webhook = await host.subscribe({ url: URL_1, headers: { 'x-key': 's3cret' } });
    expect(told).toEqual([['octo-webhooks.webhook.created', { ...about(webhook), to: ORIGIN }]]);
  });

  it('is told when a URL leads to another host, port or scheme, and not when only its path changes', async () => {
    const webhook = await host.subscribe({ url: URL_1 });
    told = [];
    await update(webhook, { url: `${ORIGIN}/another`, active: true, headers: {} });
    expect(told).toEqual([]);
    let from = ORIGIN;
    for (const to of ['http://127.0.0.1:10', 'http://127.0.0.2:10', 'https://127.0.0.2:10']) {
      told = [];
      await update(webhook, { url: `${to}/s3cret` });
      expect(told).toEqual([['octo-webhooks.webhook.moved', { ...about(webhook), from, to }]]);
      from = to;
    }
  });

  it("is told when a webhook gets another connection's key, when it is created and later, and not when one is taken away", async () => {
    await host.subscribe({ url: URL_1, apiKey: 'key-b' });
    told = [];
    const webhook = await host.subscribe({ url: URL_1, apiKey: 'key-b' });
    const widened = [WEBHOOK_WIDENED, { ...about(webhook), from: [a.id], to: [a.id, b.id] }];
    expect(told).toEqual([[WEBHOOK_CREATED, { ...about(webhook), to: ORIGIN }], widened]);
    told = [];
    await update(webhook, { apiKeys: ['key-b'] });
    await update(webhook, { apiKeys: [] });
    expect(told).toEqual([]);
    await update(webhook, { apiKey: 'key-b' });
    expect(told).toEqual([[WEBHOOK_WIDENED, { ...about(webhook), from: [a.id], to: [a.id, b.id] }]]);
  });

  it('is told of each webhook that is deleted, by its id or by its URL', async () => {
    const [first, second] = [await host.subscribe({ url: URL_1 }), await host.subscribe({ url: URL_1 })];
    told = [];
    await host.webhooks.delete(a, first.id);
    await host.webhooks.deleteByUrl(a, URL_1);
    expect(told).toEqual([
      ['octo-webhooks.webhook.deleted', { ...about(first), from: ORIGIN }],
      ['octo-webhooks.webhook.deleted', { ...about(second), from: ORIGIN }],
    ]);
  });

  it('is told of a deletion even if the URL cannot be decrypted', async () => {
    const webhook = await host.subscribe({ url: URL_1 });
    await host.dataSource.getRepository(WebhookRow).update({ id: webhook.id }, { url: 'enc:v1:lost:AAAA' });
    told = [];
    await host.webhooks.delete(a, webhook.id);
    expect(told).toEqual([[WEBHOOK_DELETED, { ...about(webhook), from: null }]]);
  });

  it('is told of nothing that was rolled back or refused', async () => {
    const webhook = await host.subscribe({ url: URL_1 });
    told = [];
    for (const step of [
      () => host.subscribe({ url: URL_1 }),
      () => update(webhook, { url: 'http://127.0.0.9/', apiKey: 'key-b' }),
      () => host.webhooks.delete(a, webhook.id),
    ]) {
      steps.once('beforeCommit', () => Promise.reject(new Error('The database is away.')));
      await expect(step()).rejects.toThrow('The database is away.');
    }
    await expect(host.webhooks.delete(b, webhook.id)).rejects.toMatchObject({ code: 'INVALID_WEBHOOK_ID' });
    expect(told).toEqual([]);
  });

  it('may fail, and what was reported is done all the same', async () => {
    const emitter = host.app.get(EventEmitter2);
    const fail = (): never => {
      throw new Error('The audit log is away.');
    };
    const names = [WEBHOOK_CREATED, WEBHOOK_WIDENED, WEBHOOK_MOVED, WEBHOOK_DELETED];
    for (const name of names) emitter.on(name, fail);
    const webhook = await host.subscribe({ url: URL_1, apiKey: 'key-b' });
    await update(webhook, { url: 'http://127.0.0.9/' });
    await host.webhooks.delete(a, webhook.id);
    for (const name of names) emitter.off(name, fail);
    expect(told.map(([name]) => name)).toEqual(names);
    expect(await host.webhooks.list(a)).toEqual([]);
  });

  it('is told of each webhook that ends with its connection', async () => {
    const [one, other] = [await host.subscribe({ url: ORIGIN }), await host.subscribe({ url: ORIGIN })];
    told = [];
    await host.app.get(WebhookConnections).remove(a);
    expect(told).toEqual([
      [WEBHOOK_DELETED, { ...about(one), from: ORIGIN }],
      [WEBHOOK_DELETED, { ...about(other), from: ORIGIN }],
    ]);
  });
});
