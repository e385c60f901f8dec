import { NotifyError, type Principal } from '@realtime-notify/core';
import { z } from 'zod';
import type { ResolvedOptions } from './jwt-options.js';

const userSchema = z.string().min(1);
const groupsSchema = z.array(z.string()).optional();

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
    groups: Object.freeze(groups.data ?? []),
    ...expiry(claims.exp, options.clockToleranceMs),
  });
}

function ownClaim(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** The tolerance is added, or a stream would be refused that the check of the token let through. */
function expiry(exp: unknown, clockToleranceMs: number): Pick<Principal, 'expiresAt'> {
  if (typeof exp !== 'number') return {};
  const expiresAt = Math.floor(exp * 1_000 + clockToleranceMs);
  return { expiresAt: Math.min(expiresAt, Number.MAX_SAFE_INTEGER) };
}
