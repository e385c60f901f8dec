import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import {
  type AccessOptions,
  createNotifier,
  defineCatalogue,
  type InboxOptions,
} from '@realtime-notify/core';
import { SignJWT } from 'jose';
import { z } from 'zod';

/** The origin that hosts allow by their CORS, and we by ours. */
export const appOrigin = 'https://app.example';

const secret = Buffer.from('a secret of at least thirty-two bytes');
const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });

/** One node on memory, not started. */
export function makeNotifier({ inbox }: { readonly inbox?: InboxOptions } = {}) {
  return createNotifier({ catalogue, drainWindowMs: 50, inbox });
}

export type ScenarioNotifier = ReturnType<typeof makeNotifier>;

export const access: AccessOptions = {
  authenticate: jwtAuthenticator({ secret, clockToleranceMs: 0 }),
  allowedOrigins: [appOrigin],
};

export interface TokenOptions {
  readonly groups?: readonly string[];
  readonly ttlSeconds?: number;
}

export function tokenOf(user: string, { groups = [], ttlSeconds = 600 }: TokenOptions = {}) {
  return new SignJWT({ groups })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(Date.now() / 1_000 + ttlSeconds)
    .sign(secret);
}
