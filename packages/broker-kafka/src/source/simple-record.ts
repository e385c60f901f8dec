import type { Audience } from '@realtime-notify/core';
import { z } from 'zod';
import type { MappedNotification, SourceRecord } from './source-record.js';

/**
 * The value of a record where a source has no schema of its own. Whom it addresses, and whether the data
 * fits its type, is checked by the notifier.
 */
export const simpleValueSchema = z.object({
  to: z.custom<Audience>(
    (value) => typeof value === 'object' && value !== null,
    'must be an object',
  ),
  type: z.string(),
  data: z.unknown(),
});

/** One notification, as the record says. */
export function mapSimpleRecord({
  value: { to, type, data },
}: SourceRecord<z.output<typeof simpleValueSchema>>): MappedNotification {
  return { to, type, data };
}
