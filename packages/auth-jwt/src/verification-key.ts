import { createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { NotifyError } from '@realtime-notify/core';
import {
  type Algorithm,
  type AlgorithmChoice,
  keySetChoice,
  publicKeyChoice,
  secretChoice,
} from './algorithms.js';
import type { JwtAuthenticatorOptions, ResolvedOptions } from './jwt-options.js';

/** What signatures are checked with. */
export type VerificationKey =
  | { readonly kind: 'secret'; readonly bytes: Uint8Array }
  | { readonly kind: 'publicKey'; readonly key: KeyObject }
  | { readonly kind: 'jwksUrl'; readonly url: URL }
  | { readonly kind: 'jwks'; readonly keys: readonly JsonWebKey[] };

/** A key and the algorithms that are accepted with it, so that none can be used for another purpose. */
export interface PinnedKey {
  readonly key: VerificationKey;
  readonly algorithms: readonly Algorithm[];
}

const minRsaBits = 2_048;
const minSecretBytes: ReadonlyMap<Algorithm, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
]);

/** @throws NotifyError `OPTIONS_INVALID` for a key that is weak, unreadable, or does not fit `algorithms` */
export function pinnedKey(options: ResolvedOptions): PinnedKey {
  const { secret, publicKey, jwksUrl, jwks } = options;
  if (secret !== undefined) return pinnedSecret(secret, options.algorithms);
  if (publicKey !== undefined) return pinnedPublicKey(publicKey, options.algorithms);
  const algorithms = pin(keySetChoice, options.algorithms);
  if (jwksUrl !== undefined) return { key: { kind: 'jwksUrl', url: jwksUrl }, algorithms };
  const keys = jwks?.keys ?? [];
  if (keys.some((key) => key.kty === 'oct' || key.d !== undefined)) {
    throw invalid('jwks: holds a secret or private key; only public keys belong there');
  }
  return { key: { kind: 'jwks', keys }, algorithms };
}

function pinnedSecret(
  secret: string | Uint8Array,
  wanted: readonly Algorithm[] | undefined,
): PinnedKey {
  const bytes = Uint8Array.from(Buffer.from(secret));
  if (Buffer.from(bytes).includes('-----BEGIN ')) {
    throw invalid('secret: is a PEM text; a public key belongs into `publicKey`');
  }
  const algorithms = pin(secretChoice, wanted);
  for (const algorithm of algorithms) {
    const least = minSecretBytes.get(algorithm) ?? 0;
    if (bytes.length < least) throw invalid(`secret: ${algorithm} needs at least ${least} bytes`);
  }
  return { key: { kind: 'secret', bytes }, algorithms };
}

function pinnedPublicKey(
  given: NonNullable<JwtAuthenticatorOptions['publicKey']>,
  wanted: readonly Algorithm[] | undefined,
): PinnedKey {
  const key = readPublicKey(given);
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const choice = publicKeyChoice(key.asymmetricKeyType, namedCurve);
  if (choice === undefined) {
    throw invalid('publicKey: is not RSA, P-256, P-384, P-521 or Ed25519');
  }
  if (modulusLength !== undefined && modulusLength < minRsaBits) {
    throw invalid(`publicKey: RSA needs at least ${minRsaBits} bits`);
  }
  return { key: { kind: 'publicKey', key }, algorithms: pin(choice, wanted) };
}

function readPublicKey(given: NonNullable<JwtAuthenticatorOptions['publicKey']>): KeyObject {
  try {
    return publicKeyOf(given);
  } catch (cause) {
    throw new NotifyError(
      'OPTIONS_INVALID',
      'jwtAuthenticator: publicKey: is not a public key in PEM, JWK, KeyObject or CryptoKey form',
      { cause },
    );
  }
}

function publicKeyOf(given: NonNullable<JwtAuthenticatorOptions['publicKey']>): KeyObject {
  if (typeof given === 'string') return createPublicKey(given);
  if (types.isCryptoKey(given)) return publicKeyOf(KeyObject.from(given));
  if (!(given instanceof KeyObject)) return createPublicKey({ key: given, format: 'jwk' });
  return given.type === 'public' ? given : createPublicKey(given);
}

function pin(
  choice: AlgorithmChoice,
  wanted: readonly Algorithm[] | undefined,
): readonly Algorithm[] {
  const misfit = wanted?.find((algorithm) => !choice.possible.includes(algorithm));
  if (misfit !== undefined) throw invalid(`algorithms: ${misfit} does not fit the key`);
  return wanted ?? choice.byDefault;
}

function invalid(message: string): NotifyError {
  return new NotifyError('OPTIONS_INVALID', `jwtAuthenticator: ${message}`);
}
