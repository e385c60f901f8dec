import { NotifyError } from '@realtime-notify/core';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { ResolvedOptions } from './jwt-options.js';
import { pinnedKey, type VerificationKey } from './verification-key.js';

/**
 * Resolves with a token's claims. Rejects with `UNAUTHENTICATED` where the token is at fault, and with
 * another error where its keys could not be had.
 */
export type VerifyToken = (token: string) => Promise<JWTPayload>;

/** @throws NotifyError `OPTIONS_INVALID` */
export function tokenVerifier(options: ResolvedOptions): VerifyToken {
  const { key, algorithms } = pinnedKey(options);
  const getKey = keyGetter(key);
  const rules: JWTVerifyOptions = {
    algorithms: [...algorithms],
    clockTolerance: options.clockToleranceMs / 1_000,
    ...(options.issuer === undefined ? {} : { issuer: [...options.issuer] }),
    ...(options.audience === undefined ? {} : { audience: [...options.audience] }),
  };
  return async (token) => {
    try {
      return await verify(token, getKey, rules);
    } catch (error) {
      throw isTokenFault(error)
        ? new NotifyError('UNAUTHENTICATED', tokenFault(error), { cause: error })
        : error;
    }
  };
}

function keyGetter(key: VerificationKey): JWTVerifyGetKey {
  if (key.kind === 'jwksUrl') return createRemoteJWKSet(key.url);
  if (key.kind === 'jwks') return localKeySet(key.keys);
  const fixed = key.kind === 'secret' ? key.bytes : key.key;
  return () => fixed;
}

function localKeySet(keys: Extract<VerificationKey, { kind: 'jwks' }>['keys']): JWTVerifyGetKey {
  try {
    return createLocalJWKSet({ keys: keys as Parameters<typeof createLocalJWKSet>[0]['keys'] });
  } catch (cause) {
    throw new NotifyError('OPTIONS_INVALID', 'jwtAuthenticator: jwks: is not a key set', { cause });
  }
}

async function verify(
  token: string,
  getKey: JWTVerifyGetKey,
  rules: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, getKey, rules)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithAny(token, error, rules);
  }
}

/** A set may hold several keys that fit a token without `kid`, so each is tried. */
async function verifyWithAny(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  rules: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, rules)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

const tokenFaults: ReadonlyMap<string, string> = new Map([
  [errors.JWTExpired.code, 'the token has expired'],
  [errors.JWTClaimValidationFailed.code, 'a claim of the token is not as required'],
  [errors.JWTInvalid.code, 'the token is malformed'],
  [errors.JWSInvalid.code, 'the token is malformed'],
  [errors.JWSSignatureVerificationFailed.code, 'the signature of the token does not fit'],
  [errors.JOSEAlgNotAllowed.code, 'the algorithm of the token is not accepted'],
  [errors.JOSENotSupported.code, 'the token uses an unknown extension or algorithm'],
  [errors.JWKSNoMatchingKey.code, 'the key of the token is unknown'],
]);

function isTokenFault(error: unknown): error is errors.JOSEError {
  return error instanceof errors.JOSEError && tokenFaults.has(error.code);
}

function tokenFault(error: errors.JOSEError): string {
  return tokenFaults.get(error.code) ?? 'the token is not valid';
}
