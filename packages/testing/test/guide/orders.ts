import { defineCatalogue, type Notifier } from '@realtime-notify/core';
import { z } from 'zod';

export const schemas = {
  'order.approved': z.object({ orderId: z.string(), amount: z.number() }),
};
export const catalogue = defineCatalogue(schemas);

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly amount: number;
}

/** Approves an order, and tells the customer. Safe to call again where it rejected. */
export async function approve(order: Order, notifier: Notifier<typeof schemas>): Promise<void> {
  await notifier.notify({
    to: { user: order.customer },
    type: 'order.approved',
    data: { orderId: order.id, amount: order.amount },
    idempotencyKey: `approved ${order.id}`,
  });
}
