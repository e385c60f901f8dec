import { NotifyError, type Principal } from '@realtime-notify/core';
import { z } from 'zod';
import type { ResolvedOptions } from './jwt-options.js';

const userSchema = z.string().min(1);
const groupsSchema = z.array(z.string()).optional();

const noGroups: readonly string[] = Object.freeze([]);

/**
 * The user that verified claims name.
 * @param claims - `exp`, where it is there, is a number of seconds
 * @throws NotifyError `UNAUTHENTICATED` where the user or the groups are not written as they must be
 */
export function principalOfClaims(
  claims: Readonly<Record<string, unknown>>,
  options: Pick<ResolvedOptions, 'userClaim' | 'groupsClaim' | 'clockToleranceMs'>,
): Principal {
  const userId = userSchema.safeParse(ownClaim(claims, options.userClaim));
  if (!userId.success) {
    throw new NotifyError('UNAUTHENTICATED', `the claim ${options.userClaim} is not a user id`);
  }
  const groups = groupsSchema.safeParse(ownClaim(claims, options.groupsClaim));
  if (!groups.success) {
    throw new NotifyError('UNAUTHENTICATED', `the claim ${options.groupsClaim} is not a list`);
  }
  return Object.freeze({
    userId: userId.data,
    groups: groups.data === undefined ? noGroups : Object.freeze(groups.data),
    issuedAt: issueTime(claims.iat),
    ...session(ownClaim(claims, 'sid')),
    ...expiry(claims.exp, options.clockToleranceMs),
  });
}

function ownClaim(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** A token that hides its age counts as the oldest: a revocation of its user is one of it too. */
function issueTime(iat: unknown): number {
  return typeof iat === 'number' && Number.isFinite(iat) ? iat * 1_000 : 0;
}

/** The session's name as OpenID Connect writes it (Front-Channel Logout 1.0, section 3). */
function session(sid: unknown): Pick<Principal, 'sessionId'> {
  return typeof sid === 'string' && sid !== '' && sid.length <= 200 ? { sessionId: sid } : {};
}

/** The tolerance is added, or a stream would be refused that the check of the token let through. */
function expiry(exp: unknown, clockToleranceMs: number): Pick<Principal, 'expiresAt'> {
  if (typeof exp !== 'number') return {};
  const expiresAt = Math.floor(exp * 1_000 + clockToleranceMs);
  return { expiresAt: Math.min(expiresAt, Number.MAX_SAFE_INTEGER) };
}
