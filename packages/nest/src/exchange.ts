import { type IncomingMessage, ServerResponse } from 'node:http';
import type { AuthenticationRequest } from '@realtime-notify/core';

/** A request and its response, as guards are shown them. */
export interface Exchange {
  readonly request: object;
  readonly response: object;
}

/**
 * An upgrade, which has no response, looking like a request whose response is never sent. A token that
 * came in a frame is shown as the bearer token it would otherwise be.
 */
export function upgradeExchange(
  incoming: IncomingMessage,
  { headers, query, token }: AuthenticationRequest,
): Exchange {
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const request = Object.create(incoming, {
    headers: { value: { ...headers, ...bearer } },
    query: { value: Object.fromEntries(query) },
  });
  return { request, response: new ServerResponse(incoming) };
}
