import { SignJWT } from 'jose';

/** Tokens that no server may take, made for one user with the server's own secret at hand. */
export const badTokens: readonly (readonly [
  what: string,
  make: (user: string, secret: string) => string | Promise<string>,
])[] = [
  [
    'signed by somebody else',
    (user, secret) => sign(user, secret.split('').reverse().join(''), '1h'),
  ],
  ['expired', (user, secret) => sign(user, secret, '-1h')],
  ['unsigned', (user) => `${[{ alg: 'none' }, { sub: user }].map(base64url).join('.')}.`],
  ['that is none', () => 'nonsense'],
];

function sign(user: string, secret: string, expires: string): Promise<string> {
  return new SignJWT({ groups: [] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
}

function base64url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
