import type { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';

/**
 * Checks options once and freezes the result, defaults filled in.
 * @param schema - a strict zod object, so that unknown names are errors
 * @param options - what the host passed
 * @param owner - the factory's name, for the message
 * @throws NotifyError `OPTIONS_INVALID` naming the first option at fault
 */
export function resolveOptions<Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
  owner: string,
): Readonly<z.output<Schema>> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return Object.freeze(parsed.data);
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new NotifyError('OPTIONS_INVALID', `${owner}: ${where}${issue?.message ?? 'invalid'}`, {
    cause: parsed.error,
  });
}
