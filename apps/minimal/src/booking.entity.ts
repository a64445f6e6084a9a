import type { JsonObject } from 'nestjs-octo-webhooks';
import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

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
    return { uuid: this.uuid, status: this.status };
  }
}

/** Creates the table, with one booking on hold. */
export class CreateBookings1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const columns = ['uuid', 'supplier_id', 'connection_id', 'status'].map((name) => `${name} VARCHAR(36) NOT NULL`);
    await queryRunner.query(`CREATE TABLE booking (${columns.join(', ')}, PRIMARY KEY (uuid))`);
    await queryRunner.query("INSERT INTO booking VALUES ('b-1', 'supplier-1', 'connection-1', 'ON_HOLD')");
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE booking');
  }
}
