import type { AuthenticationRequest } from '@realtime-notify/core';

/** Where a token may stand beside the hello frame and the Authorization header. */
export interface TokenPlaces {
  readonly cookieName: string | false;
  readonly queryName: string | false;
}

/** A token, and whether a browser adds it by itself. */
export interface FoundToken {
  readonly token: string;
  readonly ambient: boolean;
}

/**
 * The token of a request: of the hello frame, else `Authorization: Bearer`, else the query, else the
 * cookie. What a client says outright comes before what a browser adds by itself. Only the first that is
 * there counts: a bad one is not replaced by the next.
 */
export function findToken(
  request: AuthenticationRequest,
  places: TokenPlaces,
): FoundToken | undefined {
  const said =
    request.token ??
    bearer(request.headers.authorization) ??
    (places.queryName === false ? undefined : nonEmpty(request.query.get(places.queryName)));
  if (said !== undefined) return { token: said, ambient: false };
  if (places.cookieName === false) return undefined;
  const added = cookie(request.headers.cookie, places.cookieName);
  return added === undefined ? undefined : { token: added, ambient: true };
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

function cookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [key, ...value] = pair.split('=');
    if (key?.trim() !== name) continue;
    return nonEmpty(
      value
        .join('=')
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    );
  }
  return undefined;
}

function nonEmpty(text: string | null): string | undefined {
  return text === null || text === '' ? undefined : text;
}
