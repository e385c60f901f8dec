import { defineCatalogue } from '@realtime-notify/core';
import { z } from 'zod';

/** What this application notifies of. */
export const catalogue = defineCatalogue({
  message: z.object({ text: z.string() }),
  'order.approved': z.object({ orderId: z.string(), amount: z.number() }),
  'system.notice': z.object({ text: z.string(), level: z.enum(['info', 'warning', 'critical']) }),
});
