import { Table, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';
import { DEFAULT_TABLE_PREFIX } from '../table-names.js';
import { createTables, dropTables, SchemaNames } from './schema-names.js';

type Column = Omit<TableColumnOptions, 'name'>;

const ascii = { charset: 'ascii', collation: 'ascii_bin' };
const unicode = { charset: 'utf8mb4', collation: 'utf8mb4_bin' };

/** Written out here and not shared with the entities: a released migration must not change when they do. */
const TYPES = {
  mysql: {
    uuid: { type: 'char', length: '36', ...ascii },
    hostId: { type: 'varchar', length: '191', ...unicode },
    resourceKey: { type: 'varchar', length: '600', ...unicode },
    word: { type: 'varchar', length: '32', ...ascii },
    language: { type: 'varchar', length: '64', ...ascii },
    status: { type: 'char', length: '12', ...ascii },
    text: { type: 'mediumtext', ...unicode },
    flag: { type: 'tinyint' },
  },
  postgres: {
    uuid: { type: 'uuid' },
    hostId: { type: 'varchar', length: '191' },
    resourceKey: { type: 'varchar', length: '600' },
    word: { type: 'varchar', length: '32' },
    language: { type: 'varchar', length: '64' },
    status: { type: 'varchar', length: '12' },
    text: { type: 'text' },
    flag: { type: 'boolean' },
  },
} satisfies Record<string, Record<string, Column>>;

const INSTANT: Column = { type: 'bigint' };
const COUNT: Column = { type: 'int' };
const SEQUENCE: Column = { type: 'bigint', isPrimary: true, isGenerated: true, generationStrategy: 'increment' };

const primary = (column: Column): Column => ({ ...column, isPrimary: true });
const nullable = (column: Column): Column => ({ ...column, isNullable: true });

/** Webhooks, the outbox of events, payloads, deliveries and the log of attempts. */
export class CreateWebhookTables1764000000000 implements MigrationInterface {
  readonly name: string;

  /** @param tablePrefix as in the `WebhookTableOptions` of the entities */
  constructor(private readonly tablePrefix = DEFAULT_TABLE_PREFIX) {
    const ofPrefix = tablePrefix === DEFAULT_TABLE_PREFIX ? '' : `_${tablePrefix}_`;
    this.name = `CreateWebhookTables${ofPrefix}1764000000000`;
  }

  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, this.tables(queryRunner));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, this.tables(queryRunner));
  }

  private tables(queryRunner: QueryRunner): Table[] {
    const names = new SchemaNames(queryRunner.dataSource, this.tablePrefix);
    const { uuid, hostId, resourceKey, word, language, status, text, flag } =
      TYPES[queryRunner.dataSource.options.type === 'postgres' ? 'postgres' : 'mysql'];
    const table = (name: string, columns: Record<string, Column>, indices: Record<string, string[]>): Table =>
      new Table({
        name: names.tablePath(name),
        columns: Object.entries(columns).map(([column, shape]) => ({ ...shape, name: names.column(column) })),
        indices: Object.entries(indices).map(([index, columnNames]) => ({
          name: names.index(index, name),
          columnNames: columnNames.map((column) => names.column(column)),
          isUnique: index === 'octo_webhook_event_id_idx',
        })),
      });

    return [
      table(
        'octo_webhook',
        {
          id: primary(uuid),
          connection_id: hostId,
          supplier_id: hostId,
          event: word,
          url: text,
          capabilities: text,
          use_contact_language: flag,
          headers: text,
          retry_on_error: flag,
          active: flag,
          signing_secrets: text,
          created_at: INSTANT,
          updated_at: INSTANT,
          deactivated_at: nullable(INSTANT),
          deactivation_reason: nullable(word),
          deleted_at: nullable(INSTANT),
          failing_since: nullable(INSTANT),
          circuit_open_until: nullable(INSTANT),
          circuit_openings: COUNT,
          healed_at: nullable(INSTANT),
        },
        { octo_webhook_connection_id_idx: ['connection_id'], octo_webhook_supplier_id_idx: ['supplier_id', 'event'] },
      ),
      table(
        'octo_webhook_connection',
        { webhook_id: primary(uuid), connection_id: primary(hostId) },
        { octo_webhook_connection_connection_idx: ['connection_id'] },
      ),
      table('octo_webhook_owner', { connection_id: primary(hostId) }, {}),
      table(
        'octo_webhook_event',
        {
          sequence: SEQUENCE,
          id: uuid,
          type: word,
          supplier_id: hostId,
          connection_ids: nullable(text),
          resource_id: hostId,
          product_id: nullable(hostId),
          option_id: nullable(hostId),
          resource_key: resourceKey,
          before_source: word,
          before_state: nullable(text),
          after_state: text,
          entity: nullable(text),
          status,
          due_at: INSTANT,
          lease_token: uuid,
          failures: COUNT,
          failure_reason: nullable(text),
          created_at: INSTANT,
          trigger_webhook_id: nullable(uuid),
          trigger_request_id: nullable(uuid),
          trigger_query: nullable(text),
        },
        {
          octo_webhook_event_id_idx: ['id'],
          octo_webhook_event_due_idx: ['status', 'due_at'],
          octo_webhook_event_resource_idx: ['resource_key', 'status', 'sequence'],
        },
      ),
      table(
        'octo_webhook_payload',
        {
          id: primary(uuid),
          event_id: uuid,
          capabilities: text,
          language: nullable(language),
          body: nullable(text),
          created_at: INSTANT,
        },
        { octo_webhook_payload_event_idx: ['event_id'] },
      ),
      table(
        'octo_webhook_delivery',
        {
          id: primary(uuid),
          webhook_id: uuid,
          payload_id: uuid,
          event_sequence: INSTANT,
          resource_key: resourceKey,
          status,
          due_at: nullable(INSTANT),
          lease_token: uuid,
          attempts: COUNT,
          created_at: INSTANT,
          settled_at: nullable(INSTANT),
          trigger_request_id: nullable(uuid),
        },
        {
          octo_webhook_delivery_due_idx: ['webhook_id', 'status', 'due_at'],
          octo_webhook_delivery_lane_idx: ['resource_key', 'status', 'webhook_id', 'event_sequence'],
          octo_webhook_delivery_payload_idx: ['payload_id'],
        },
      ),
      table(
        'octo_webhook_attempt',
        {
          sequence: SEQUENCE,
          delivery_id: uuid,
          number: COUNT,
          started_at: INSTANT,
          duration_ms: COUNT,
          response_status: nullable(COUNT),
          response_body: nullable(text),
          failure: nullable(word),
          failure_message: nullable(text),
        },
        { octo_webhook_attempt_delivery_idx: ['delivery_id', 'number'] },
      ),
    ];
  }
}
