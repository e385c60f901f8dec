import { setTimeout as delay } from 'node:timers/promises';
import { asObject } from './notification.js';
import { post } from './post.js';

type To =
  | { readonly user: string }
  | { readonly users: readonly string[] }
  | { readonly group: string }
  | { readonly all: true };

/** What is posted to `/demo/notify`. */
export interface NotifyBody {
  readonly to: To;
  readonly type: string;
  readonly data: unknown;
  readonly idempotencyKey?: string;
}

/** One notification on one channel that the server has accepted, or that a source record stands for. */
export interface Accepted {
  readonly channel: string;
  readonly type: string;
  readonly data: unknown;
  /** Absent where only the server knows them: records of a source. */
  readonly id?: string;
  readonly offset?: number;
  readonly epoch?: string;
}

/** A credential from the demonstration route. */
export async function tokenFor(
  base: string,
  user: string,
  groups: readonly string[] = [],
): Promise<string> {
  const { status, body } = await post(base, '/demo/token', { user, groups });
  const { token } = asObject(body, 'the answer of /demo/token');
  if (status !== 200 || typeof token !== 'string') {
    throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  }
  return token;
}

/** Publishes once. Rejects unless it was accepted. */
export async function notify(base: string, request: NotifyBody): Promise<Accepted[]> {
  const { status, body } = await post(base, '/demo/notify', request);
  if (status < 200 || status > 299) throw new Error(`refused: ${status} ${JSON.stringify(body)}`);
  const { id, stored, channels } = asObject(body, 'the result of a notify');
  if (typeof id !== 'string' || stored !== true || !Array.isArray(channels)) {
    throw new Error(`not a stored result: ${JSON.stringify(body)}`);
  }
  return channels.map((each: unknown) => {
    const { channel, epoch, offset } = asObject(each, 'a channel of a result');
    if (typeof channel !== 'string' || typeof epoch !== 'string' || typeof offset !== 'number') {
      throw new Error(`not a channel of a result: ${JSON.stringify(each)}`);
    }
    return { channel, epoch, offset, id, type: request.type, data: request.data };
  });
}

/**
 * Publishes until it is accepted, at one node after the other, under one idempotency key: what an
 * application does that must not lose its event.
 */
export async function notifyUntilAccepted(
  bases: readonly string[],
  request: NotifyBody & { readonly idempotencyKey: string },
): Promise<Accepted[]> {
  const deadline = Date.now() + 120_000;
  for (let attempt = 0; ; attempt += 1) {
    const base = bases[attempt % bases.length];
    if (base === undefined) throw new Error('no node to publish at');
    try {
      return await notify(base, request);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}
