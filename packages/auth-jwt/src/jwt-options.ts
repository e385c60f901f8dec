import { type JsonWebKey, KeyObject, type webcrypto } from 'node:crypto';
import { types } from 'node:util';
import { z } from 'zod';
import { type Algorithm, algorithms } from './algorithms.js';

export type { Algorithm } from './algorithms.js';

/** What `jwtAuthenticator` takes: exactly one of the four keys. Unknown names are errors. */
export interface JwtAuthenticatorOptions {
  /** A shared secret for HS256, HS384, HS512: at least 32, 48, 64 bytes; text is taken as UTF-8. */
  readonly secret?: string | Uint8Array | undefined;
  /** A public key: PEM text (SPKI, PKCS#1 or certificate), JWK, KeyObject or CryptoKey. RSA needs 2,048 bits. */
  readonly publicKey?: string | JsonWebKey | KeyObject | webcrypto.CryptoKey | undefined;
  /**
   * Where the issuer publishes its keys, `https:` (or `http:` inside a trusted network). Read at the first
   * token, kept for 10 minutes, read again for an unknown key at most every 30 seconds.
   */
  readonly jwksUrl?: string | URL | undefined;
  /** A key set that is at hand. */
  readonly jwks?: { readonly keys: readonly JsonWebKey[] } | undefined;
  /**
   * Accepted signature algorithms, of which each must fit the key. Default: HS256 for a secret; RS256 for an
   * RSA key; the curve's own for an elliptic key; RS256, PS256, ES256, EdDSA and Ed25519 for a key set.
   */
  readonly algorithms?: readonly Algorithm[] | undefined;
  /** Accepted `iss`; default: any. */
  readonly issuer?: string | readonly string[] | undefined;
  /** Accepted `aud`, one of which a token must name; default: any. */
  readonly audience?: string | readonly string[] | undefined;
  /** How far clocks may differ; lengthens a token's life by as much. Default 5,000. */
  readonly clockToleranceMs?: number | undefined;
  /** The claim that is the user's id. Default `sub`. */
  readonly userClaim?: string | undefined;
  /** The claim that lists the user's groups; may be absent from a token. Default `groups`. */
  readonly groupsClaim?: string | undefined;
  /** The cookie to look into, or false. Default `token`. */
  readonly cookieName?: string | false | undefined;
  /** The query parameter to look into, or false. Default `token`. */
  readonly queryName?: string | false | undefined;
}

const name = z.string().min(1).max(200);
const names = z.union([name.transform((one) => [one]), z.array(name).min(1)]);

// Not z.instanceof: its type is new in zod 4.6, and our types show it to hosts with an older one.
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const urlObject = z.custom<URL>((value) => value instanceof URL);
const keyObject = z.custom<KeyObject>((value) => value instanceof KeyObject);
const cryptoKey = z.custom<webcrypto.CryptoKey>((value) => types.isCryptoKey(value));
const jwk = z.custom<JsonWebKey>(
  (value) => typeof value === 'object' && value !== null && 'kty' in value,
);

const jwksUrl = z
  .union([z.url().transform((text) => new URL(text)), urlObject])
  .refine((url) => url.protocol === 'https:' || url.protocol === 'http:', 'must be https or http')
  .refine((url) => url.username === '' && url.password === '', 'must not hold credentials');

export const optionsSchema = z
  .strictObject({
    secret: z.union([z.string(), bytes]).optional(),
    publicKey: z.union([z.string(), keyObject, cryptoKey, jwk]).optional(),
    jwksUrl: jwksUrl.optional(),
    jwks: z.looseObject({ keys: z.array(jwk).min(1) }).optional(),
    algorithms: z.array(z.enum(algorithms)).min(1).optional(),
    issuer: names.optional(),
    audience: names.optional(),
    clockToleranceMs: z.number().min(0).max(3_600_000).default(5_000),
    userClaim: name.default('sub'),
    groupsClaim: name.default('groups'),
    cookieName: z
      .union([z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/), z.literal(false)])
      .default('token'),
    queryName: z.union([name, z.literal(false)]).default('token'),
  })
  .refine(
    ({ secret, publicKey, jwksUrl, jwks }) =>
      [secret, publicKey, jwksUrl, jwks].filter((key) => key !== undefined).length === 1,
    'pass exactly one of secret, publicKey, jwksUrl and jwks',
  );

/** The options with their defaults. */
export type ResolvedOptions = Readonly<z.output<typeof optionsSchema>>;
