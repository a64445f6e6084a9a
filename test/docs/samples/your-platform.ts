// The parts of a booking platform that the samples use.
import type { JsonObject } from 'nestjs-octo-webhooks';
import { Column, Entity, PrimaryColumn, Table, type MigrationInterface, type QueryRunner } from 'typeorm';

@Entity('booking')
export class Booking {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  uuid!: string;

  @Column({ type: 'varchar', length: 36, name: 'supplier_id' })
  supplierId!: string;

  @Column({ type: 'varchar', length: 36, name: 'connection_id' })
  connectionId!: string;

  @Column({ type: 'varchar', length: 16 })
  status!: string;

  toState(): JsonObject {
    return { uuid: this.uuid, status: this.status, optionId: 'DEFAULT' };
  }
}

export class CreateBookings1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const column = (name: string) => ({ name, type: 'varchar', length: '36' });
    await queryRunner.createTable(
      new Table({
        name: 'booking',
        columns: [{ ...column('uuid'), isPrimary: true }, ...['supplier_id', 'connection_id', 'status'].map(column)],
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('booking');
  }
}

/** The data of your platform's own `order.*` events. */
export interface OrderChanged {
  readonly order: { id: string; supplierId: string; connectionId: string };
  readonly before: JsonObject | null;
  readonly after: JsonObject;
}
