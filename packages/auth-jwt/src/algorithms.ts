/** The signature algorithms (RFC 7518, RFC 8037, RFC 9864) that can be pinned; `none` is not among them. */
export const algorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** The name of a signature algorithm as it stands in a token's header. */
export type Algorithm = (typeof algorithms)[number];

/** What a key can verify, and what is allowed where the host names nothing. */
export interface AlgorithmChoice {
  readonly possible: readonly Algorithm[];
  readonly byDefault: readonly Algorithm[];
}

const rsaPss: readonly Algorithm[] = ['PS256', 'PS384', 'PS512'];
const rsa: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', ...rsaPss];
const edwards: readonly Algorithm[] = ['EdDSA', 'Ed25519'];

/** A shared secret. */
export const secretChoice: AlgorithmChoice = {
  possible: ['HS256', 'HS384', 'HS512'],
  byDefault: ['HS256'],
};

/** A key set: each of its keys further narrows what it verifies. */
export const keySetChoice: AlgorithmChoice = {
  possible: [...rsa, 'ES256', 'ES384', 'ES512', ...edwards],
  byDefault: ['RS256', 'PS256', 'ES256', ...edwards],
};

const curves: ReadonlyMap<string | undefined, Algorithm> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);

/**
 * A public key; undefined where no algorithm fits it.
 * @param keyType - as `KeyObject.asymmetricKeyType` names it
 * @param curve - as `KeyObject.asymmetricKeyDetails.namedCurve` names it
 */
export function publicKeyChoice(
  keyType: string | undefined,
  curve: string | undefined,
): AlgorithmChoice | undefined {
  if (keyType === 'rsa') return { possible: rsa, byDefault: ['RS256'] };
  if (keyType === 'rsa-pss') return { possible: rsaPss, byDefault: ['PS256'] };
  if (keyType === 'ed25519') return { possible: edwards, byDefault: edwards };
  const algorithm = keyType === 'ec' ? curves.get(curve) : undefined;
  return algorithm === undefined ? undefined : { possible: [algorithm], byDefault: [algorithm] };
}
