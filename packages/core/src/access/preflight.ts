import type { IncomingHttpHeaders } from 'node:http';
import type { OriginPolicy } from './origin-policy.js';

/** How long browsers may remember the answer to a preflight, in seconds. */
const maxAgeS = 600;

/**
 * The headers that answer a CORS preflight (Fetch standard, 4.8) of an allowed origin; undefined where
 * the request is none. Pure.
 * @param methods - what the route takes
 * @throws NotifyError `ORIGIN_FORBIDDEN`
 */
export function preflightHeaders(
  origins: OriginPolicy,
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
  methods: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const { method, headers } = request;
  const isPreflight =
    method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  if (!isPreflight || headers.origin === undefined) return undefined;
  origins.check(headers);
  return {
    ...origins.corsHeaders(headers),
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID, traceparent',
    'Access-Control-Max-Age': String(maxAgeS),
  };
}
