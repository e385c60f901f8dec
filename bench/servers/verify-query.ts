import { jwtVerify } from 'jose';

/**
 * The user of a request's `?token=`, verified with the library that ours uses, so that peers pay the same.
 * Rejects where the token is not valid.
 */
export function queryVerifier(secret: string): (url: string | undefined) => Promise<string> {
  const key = new TextEncoder().encode(secret);
  return async (url) => {
    const token = new URL(url ?? '', 'http://localhost').searchParams.get('token') ?? '';
    return userOf(await jwtVerify(token, key, { algorithms: ['HS256'] }));
  };
}

function userOf({ payload }: { readonly payload: { readonly sub?: string } }): string {
  if (payload.sub === undefined) throw new Error('the token names no user');
  return payload.sub;
}
