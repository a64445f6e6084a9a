import type { DeliveredBody } from '../receiver.js';
import { faultsOf, type OctoObject } from './objects.js';

const KINDS = {
  booking_update: 'booking',
  order_update: 'order',
  product_update: 'product',
  availability_update: 'availability',
} as const satisfies Readonly<Record<string, OctoObject>>;

/** The faults of the objects in a delivery of the platform, with the stored capabilities of its webhook. */
export function faultsOfDelivery({ event, webhook, supplier, ...objects }: DeliveredBody): string[] {
  const kind = KINDS[event as keyof typeof KINDS];
  const capabilities = new Set(webhook['capabilities'] as string[]);
  return [...faultsOf('supplier', supplier, capabilities), ...faultsOf(kind, objects[kind], capabilities)];
}
