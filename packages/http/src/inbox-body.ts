import type { InboxSelection } from '@realtime-notify/core';
import { z } from 'zod';
import { HttpError } from './http-status.js';

const selectionSchema = z.union([
  z.strictObject({ ids: z.array(z.string().min(1).max(100)).max(100) }),
  z.strictObject({ all: z.literal(true) }),
  z.strictObject({ upTo: z.string() }),
]);

const typeSchema = z.strictObject({ type: z.string().min(1).max(100) });

/**
 * Which notifications a body names.
 * @throws HttpError `BODY_INVALID`
 */
export function parseSelection(body: unknown): InboxSelection {
  const message = 'the body is {"ids":[...]} with at most 100, {"all":true} or {"upTo":cursor}';
  return parse(selectionSchema, body, message);
}

/**
 * Which type a body names.
 * @throws HttpError `BODY_INVALID`
 */
export function parseType(body: unknown): string {
  return parse(typeSchema, body, 'the body is {"type":...}').type;
}

function parse<Parsed>(schema: z.ZodType<Parsed>, body: unknown, message: string): Parsed {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HttpError('BODY_INVALID', message, { cause: parsed.error });
}
