import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { queryOf } from '@realtime-notify/core';

/** A request as routes see it, whichever way it came. */
export interface RouteRequest {
  readonly method: string;
  /** Path and query; the origin may stand before them. */
  readonly url: string;
  /** Names in small letters. */
  readonly headers: IncomingHttpHeaders;
  /** The parameters of the URL. */
  readonly query: URLSearchParams;
  /** The request as Node gave it, where it did, with whatever the host's middleware left on it. */
  readonly incoming?: IncomingMessage;
}

/** A request with its body, which is read once at most. */
export interface BodiedRequest extends RouteRequest {
  /** What a body parser left behind, where one has run before. */
  readonly parsed?: unknown;
  /** The bytes of the body. To stop early is allowed. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** A request of Node. */
export function requestOfNode(
  incoming: IncomingMessage & { readonly body?: unknown },
): BodiedRequest {
  const { method = '', url = '', headers, body } = incoming;
  return {
    method,
    url,
    headers,
    query: queryOf(url),
    incoming,
    parsed: body,
    // Node discards what is left once we have answered; destroying would keep the answer from the client.
    chunks: () => incoming.iterator({ destroyOnReturn: false }),
  };
}

/** A request of the Fetch standard. */
export function requestOfFetch(request: Request): BodiedRequest {
  const { method, url, body } = request;
  return {
    method,
    url,
    headers: { host: new URL(url).host, ...Object.fromEntries(request.headers) },
    query: queryOf(url),
    chunks: () => body ?? noBytes(),
  };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
