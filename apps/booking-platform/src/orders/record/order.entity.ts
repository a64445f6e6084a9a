import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BookingStatus } from '../../bookings/model/booking.state.js';
import type { Contact } from '../../bookings/model/contact.js';

/** Moments are ISO 8601 in UTC, as in bookings. */
const INSTANT = { type: 'varchar', length: 24 } as const;

/** A cart: bookings that one connection confirms or cancels together. */
@Entity('booking_order')
export class OrderEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  /** The connection that made the order. No other connection sees it. */
  @Column({ name: 'connection_id', type: 'varchar', length: 36 })
  connectionId!: string;

  @Column({ name: 'supplier_id', type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'varchar', length: 16 })
  status!: BookingStatus;

  @Column({ name: 'test_mode', type: 'boolean' })
  testMode!: boolean;

  @Column({ name: 'supplier_reference', type: 'varchar', length: 32 })
  supplierReference!: string;

  @Column({ type: 'simple-json' })
  contact!: Contact;

  /** The contact's phone number in the form of `phoneOf`, for searches. */
  @Column({ name: 'phone_number', type: 'varchar', length: 255, nullable: true })
  phoneNumber!: string | null;

  /** Its bookings, the oldest first. A booking that ends while the order continues is removed from the list. */
  @Column({ name: 'booking_uuids', type: 'simple-json' })
  bookingUuids!: string[];

  @Column({ name: 'utc_created_at', ...INSTANT })
  utcCreatedAt!: string;

  @Column({ name: 'utc_updated_at', ...INSTANT })
  utcUpdatedAt!: string;

  @Column({ name: 'utc_expires_at', ...INSTANT, nullable: true })
  utcExpiresAt!: string | null;

  @Column({ name: 'utc_confirmed_at', ...INSTANT, nullable: true })
  utcConfirmedAt!: string | null;
}
