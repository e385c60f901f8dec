import { SignJWT } from 'jose';
import { z } from 'zod';
import type { JsonAnswer } from './json-answers.js';

const bodySchema = z.strictObject({
  user: z.string().min(1).max(200),
  groups: z.array(z.string()).max(100).default([]),
  /** The token's `sid`: names the login, so that it can be revoked alone. */
  session: z.string().min(1).max(200).optional(),
  /** 0 or less gives a token that has expired, to try that out. */
  ttlSeconds: z.number().min(-86_400).max(2_592_000).default(3_600),
});

/**
 * Answers `POST /demo/token` of `{"user", "groups"?, "session"?, "ttlSeconds"?}`: gives anybody the token of any user,
 * for demonstrations only.
 */
export async function makeToken(
  body: unknown,
  secret: Uint8Array,
): Promise<JsonAnswer | { readonly status: 200; readonly body: { readonly token: string } }> {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const message = `${issue?.path.join('.') || 'body'}: ${issue?.message}`;
    return { status: 400, body: { code: 'BODY_INVALID', message } };
  }
  const { user, groups, session, ttlSeconds } = parsed.data;
  const token = await new SignJWT({ groups, ...(session === undefined ? {} : { sid: session }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt(Date.now() / 1_000)
    .setExpirationTime(Date.now() / 1_000 + ttlSeconds)
    .sign(secret);
  return { status: 200, body: { token } };
}
