import { Table, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';

type Column = Omit<TableColumnOptions, 'name'>;

/**
 * MySQL needs a binary collation to distinguish `a` from `A`, as PostgreSQL does, and a text type for more than 64 KB.
 */
const TYPES = {
  mysql: {
    word: (length: number): Column => ({
      type: 'varchar',
      length: String(length),
      charset: 'utf8mb4',
      collation: 'utf8mb4_bin',
    }),
    text: { type: 'mediumtext', charset: 'utf8mb4', collation: 'utf8mb4_bin' },
  },
  other: {
    word: (length: number): Column => ({ type: 'varchar', length: String(length) }),
    text: { type: 'text' },
  },
};

/** Suppliers, resellers' connections, products, availability, bookings and orders. */
export class CreatePlatformTables1764000100000 implements MigrationInterface {
  readonly name = 'CreatePlatformTables1764000100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of tables(queryRunner)) await queryRunner.createTable(table);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of tables(queryRunner).reverse()) await queryRunner.dropTable(table);
  }
}

function tables(queryRunner: QueryRunner): Table[] {
  const { word, text } = TYPES[queryRunner.dataSource.options.type === 'postgres' ? 'other' : 'mysql'];
  const id: Column = word(36);
  const instant: Column = word(24);
  const int: Column = { type: 'int' };
  const flag: Column = { type: 'boolean' };
  const nullable = (column: Column): Column => ({ ...column, isNullable: true });
  return [
    table(
      'supplier',
      ['id'],
      { id, name: word(255), details: text, key_hash: word(64) },
      { supplier_key_idx: { columns: ['key_hash'], unique: true } },
    ),
    table(
      'reseller_connection',
      ['id'],
      { id, supplier_id: id, key_hash: word(64), capabilities: text },
      { reseller_connection_key_idx: { columns: ['key_hash'], unique: true } },
    ),
    table(
      'product',
      ['id'],
      { id, supplier_id: id, definition: text },
      { product_supplier_idx: { columns: ['supplier_id'] } },
    ),
    table('availability_slot', ['product_id', 'option_id', 'id'], {
      product_id: id,
      option_id: id,
      id: word(32),
      capacity: int,
      taken: int,
      closed: flag,
    }),
    table(
      'booking',
      ['uuid'],
      {
        uuid: id,
        connection_id: id,
        supplier_id: id,
        status: word(16),
        test_mode: flag,
        reseller_reference: nullable(word(255)),
        supplier_reference: word(32),
        product: text,
        option_id: id,
        slot: text,
        local_date: word(10),
        unit_items: text,
        contact: text,
        phone_number: nullable(word(255)),
        notes: nullable(text),
        cancellation: nullable(text),
        utc_created_at: instant,
        utc_updated_at: instant,
        utc_expires_at: nullable(instant),
        utc_confirmed_at: nullable(instant),
        order_id: nullable(id),
        order_reference: nullable(word(32)),
        primary_in_order: flag,
      },
      {
        booking_supplier_reference_idx: { columns: ['supplier_reference'], unique: true },
        booking_reseller_reference_idx: { columns: ['connection_id', 'reseller_reference'] },
        booking_local_date_idx: { columns: ['connection_id', 'local_date'] },
        booking_phone_idx: { columns: ['connection_id', 'phone_number'] },
        booking_hold_idx: { columns: ['status', 'utc_expires_at'] },
      },
    ),
    table(
      'booking_order',
      ['id'],
      {
        id,
        connection_id: id,
        supplier_id: id,
        status: word(16),
        test_mode: flag,
        supplier_reference: word(32),
        contact: text,
        phone_number: nullable(word(255)),
        booking_uuids: text,
        utc_created_at: instant,
        utc_updated_at: instant,
        utc_expires_at: nullable(instant),
        utc_confirmed_at: nullable(instant),
      },
      {
        booking_order_supplier_reference_idx: { columns: ['supplier_reference'], unique: true },
        booking_order_phone_idx: { columns: ['connection_id', 'phone_number'] },
        booking_order_hold_idx: { columns: ['status', 'utc_expires_at'] },
      },
    ),
  ];
}

function table(
  name: string,
  key: string[],
  columns: Record<string, Column>,
  indices: Record<string, { columns: string[]; unique?: boolean }> = {},
): Table {
  return new Table({
    name,
    columns: Object.entries(columns).map(([column, shape]) => ({
      ...shape,
      name: column,
      isPrimary: key.includes(column),
      ...(key.includes(column) ? { primaryKeyConstraintName: `${name}_pk` } : {}),
    })),
    indices: Object.entries(indices).map(([index, { columns: columnNames, unique }]) => ({
      name: index,
      columnNames,
      isUnique: unique ?? false,
    })),
  });
}
