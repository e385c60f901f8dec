import { z } from 'zod';
import type { Principal } from '../access/principal.js';

/** Whose streams end: all of a user, or those of one session (`sid` of its tokens). */
export type RevocationTarget =
  | { readonly userId: string; readonly sessionId?: never }
  | { readonly sessionId: string; readonly userId?: never };

const id = z.string().min(1).max(200);

/** What a revocation may be asked for. */
export const revocationTargetSchema = z.union([
  z.strictObject({ userId: id }),
  z.strictObject({ sessionId: id }),
]);

const revocationSchema = z.union([
  z.object({ userId: id, before: z.number() }),
  z.object({ sessionId: id, before: z.number() }),
]);

/** A target, and the time (milliseconds since 1970 UTC) up to which credentials of it are void. */
export type Revocation = z.output<typeof revocationSchema>;

/** The revocation in a control entry; undefined where it is none. Pure. */
export function parseRevocation(json: string): Revocation | undefined {
  try {
    return revocationSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

interface Voided {
  before: number;
  /** When this node learned of it, by its own clock. */
  readonly learnedAt: number;
}

/**
 * The revocations that this node knows of, the newest ones. A credential that tells when it was issued is
 * void where that is not after the revocation. One that does not tell is void only for who was being
 * admitted while the revocation came in: later it is for `authenticate` to refuse it.
 */
export class Revocations {
  readonly #voided = new Map<string, Voided>();
  readonly #maxKept: number;

  constructor(maxKept: number) {
    this.#maxKept = maxKept;
  }

  add(revocation: Revocation, now: number): void {
    const key = keyOf(revocation);
    const { before } = this.#voided.get(key) ?? revocation;
    this.#voided.delete(key);
    this.#voided.set(key, { before: Math.max(before, revocation.before), learnedAt: now });
    if (this.#voided.size > this.#maxKept) {
      const [oldest = ''] = this.#voided.keys();
      this.#voided.delete(oldest);
    }
  }

  /** @param admittedAt - when it was begun to find out who the client is */
  voids(principal: Principal, admittedAt: number): boolean {
    const { userId, sessionId } = principal;
    return (
      (userId !== null && this.#voids({ userId }, principal, admittedAt)) ||
      (sessionId !== undefined && this.#voids({ sessionId }, principal, admittedAt))
    );
  }

  #voids(target: RevocationTarget, { issuedAt }: Principal, admittedAt: number): boolean {
    const voided = this.#voided.get(keyOf(target));
    if (voided === undefined) return false;
    return issuedAt === undefined ? voided.learnedAt >= admittedAt : issuedAt <= voided.before;
  }
}

function keyOf(target: RevocationTarget | Revocation): string {
  return 'userId' in target ? `user ${target.userId}` : `session ${target.sessionId}`;
}
