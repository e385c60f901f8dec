import { NotifyError } from '@realtime-notify/core';
import { z } from 'zod';
import type { JsonAnswer } from './json-answers.js';
import type { ExampleNotifier } from './parts.js';

const id = z.string().min(1).max(200);
const bodySchema = z.union([z.strictObject({ user: id }), z.strictObject({ session: id })]);

/**
 * Answers `POST /demo/revoke` of `{"user"}` or `{"session"}` once no node shows them anything any more: lets
 * anybody log out anybody, for demonstrations only.
 */
export async function revokeForDemo(
  body: unknown,
  notifier: ExampleNotifier,
): Promise<JsonAnswer | { readonly status: 200; readonly body: { readonly revoked: true } }> {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const message = 'body: is {"user"} or {"session"}';
    return { status: 400, body: { code: 'BODY_INVALID', message } };
  }
  const asked = parsed.data;
  try {
    await notifier.revoke('user' in asked ? { userId: asked.user } : { sessionId: asked.session });
  } catch (error) {
    if (!NotifyError.is(error) || !error.retryable) throw error;
    return { status: 503, body: { code: error.code, message: error.message } };
  }
  return { status: 200, body: { revoked: true } };
}
