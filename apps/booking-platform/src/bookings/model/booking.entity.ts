import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Slot } from '../../availability/slots.js';
import type { ProductState } from '../../catalogue/product.state.js';
import type { BookingStatus, Cancellation, UnitItem } from './booking.state.js';
import type { Contact } from './contact.js';

/** Moments are ISO 8601 in UTC. They sort as text, and mean the same in every database and time zone. */
const INSTANT = { type: 'varchar', length: 24 } as const;
const REFERENCE = { type: 'varchar', length: 255, nullable: true } as const;

/** A booking of one departure by one connection. */
@Entity('booking')
export class BookingEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  uuid!: string;

  /** The connection that made the booking. No other connection sees it. */
  @Column({ name: 'connection_id', type: 'varchar', length: 36 })
  connectionId!: string;

  @Column({ name: 'supplier_id', type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'varchar', length: 16 })
  status!: BookingStatus;

  @Column({ name: 'test_mode', type: 'boolean' })
  testMode!: boolean;

  @Column({ name: 'reseller_reference', ...REFERENCE })
  resellerReference!: string | null;

  @Column({ name: 'supplier_reference', type: 'varchar', length: 32 })
  supplierReference!: string;

  /**
   * The product with its prices and terms as they were sold. Later changes of the product do not affect the booking.
   */
  @Column({ type: 'simple-json' })
  product!: ProductState;

  @Column({ name: 'option_id', type: 'varchar', length: 36 })
  optionId!: string;

  @Column({ type: 'simple-json' })
  slot!: Slot;

  /** The local date of the departure, for the filters of the list. */
  @Column({ name: 'local_date', type: 'varchar', length: 10 })
  localDate!: string;

  @Column({ name: 'unit_items', type: 'simple-json' })
  unitItems!: UnitItem[];

  @Column({ type: 'simple-json' })
  contact!: Contact;

  /** The contact's phone number in the form of `phoneOf`, for searches. */
  @Column({ name: 'phone_number', ...REFERENCE })
  phoneNumber!: string | null;

  @Column({ type: 'text', nullable: true })
  notes!: string | null;

  @Column({ type: 'simple-json', nullable: true })
  cancellation!: Cancellation | null;

  @Column({ name: 'utc_created_at', ...INSTANT })
  utcCreatedAt!: string;

  @Column({ name: 'utc_updated_at', ...INSTANT })
  utcUpdatedAt!: string;

  @Column({ name: 'utc_expires_at', ...INSTANT, nullable: true })
  utcExpiresAt!: string | null;

  @Column({ name: 'utc_confirmed_at', ...INSTANT, nullable: true })
  utcConfirmedAt!: string | null;

  /** The order in which the booking was made. It never changes. */
  @Column({ name: 'order_id', type: 'varchar', length: 36, nullable: true })
  orderId!: string | null;

  /** That order's supplier reference. */
  @Column({ name: 'order_reference', type: 'varchar', length: 32, nullable: true })
  orderReference!: string | null;

  /** Whether it was the first booking in the order. */
  @Column({ name: 'primary_in_order', type: 'boolean' })
  primaryInOrder!: boolean;
}
