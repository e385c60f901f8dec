import { type Authenticate, resolveOptions } from '@realtime-notify/core';
import { findToken } from './find-token.js';
import { type JwtAuthenticatorOptions, optionsSchema } from './jwt-options.js';
import { principalOfClaims } from './principal-of-claims.js';
import { tokenVerifier } from './verify-token.js';

/**
 * Tells who a client is by its JSON Web Token, taken from the hello frame, else `Authorization: Bearer`,
 * else the query, else the cookie; the first that is there counts.
 *
 * The function that is returned resolves with the user, the groups, `expiresAt`: the token's `exp` plus
 * the clock tolerance, `issuedAt`: its `iat` (a token without one counts as the oldest), and `sessionId`: its
 * `sid`; with null where there is no token. It rejects with `UNAUTHENTICATED` for a token that
 * is bad or expired; no message holds the token. Where the issuer's keys cannot be fetched it rejects with another error, which
 * transports answer as temporary.
 * @throws NotifyError `OPTIONS_INVALID`, also for a key that is too short or does not fit `algorithms`
 */
export function jwtAuthenticator(options: JwtAuthenticatorOptions): Authenticate {
  const resolved = resolveOptions(optionsSchema, options, 'jwtAuthenticator');
  const verify = tokenVerifier(resolved);
  return async (request) => {
    const found = findToken(request, resolved);
    if (found === undefined) return null;
    const principal = principalOfClaims(await verify(found.token), resolved);
    return { ...principal, ambient: found.ambient };
  };
}
