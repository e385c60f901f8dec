import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import { resolveOptions } from '../options/resolve-options.js';

/** Pages of other origins that may use a route: exact origins such as `https://app.example.org`, or `*`. */
export type AllowedOrigins = readonly string[] | '*';

const origin = z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,]+$/, 'is scheme://host[:port]');
const optionsSchema = z.strictObject({
  allowedOrigins: z.union([z.literal('*'), z.array(origin)]).default([]),
});

/**
 * Which pages may use a route (RFC 6454; the `Sec-Fetch-Site` header of Fetch Metadata). A page of the
 * server's own origin may, one of a listed origin may, any other may not. A request without an origin does
 * not come from a page's script and is let through, unless its credential came by itself (a cookie): then
 * the browser must have said by another header that it comes from here.
 */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string>;
  readonly #everybody: boolean;

  /** @throws NotifyError `OPTIONS_INVALID` */
  constructor(allowedOrigins: AllowedOrigins | undefined, where: string) {
    const resolved = resolveOptions(optionsSchema, { allowedOrigins }, where);
    this.#everybody = resolved.allowedOrigins === '*';
    this.#allowed = new Set(resolved.allowedOrigins === '*' ? [] : resolved.allowedOrigins);
  }

  /** @throws NotifyError `ORIGIN_FORBIDDEN` for a page that may not use the route */
  check(headers: IncomingHttpHeaders): void {
    const { origin } = headers;
    if (origin === undefined || this.#everybody) return;
    if (!this.#isTrusted(origin, headers)) throw forbidden();
  }

  /**
   * As {@link check}, for a request whose credential came by itself.
   * @throws NotifyError `ORIGIN_FORBIDDEN`
   */
  checkAmbient(headers: IncomingHttpHeaders): void {
    const { origin, referer, 'sec-fetch-site': site } = headers;
    if (origin !== undefined) {
      if (!this.#isTrusted(origin, headers)) throw forbidden();
      return;
    }
    // Browsers leave the origin out where a page asks its own server by GET.
    if (site === 'same-origin' || site === 'none') return;
    const from = site === undefined ? originOf(referer) : undefined;
    if (from === undefined || !this.#isTrusted(from, headers)) throw forbidden();
  }

  /**
   * The headers that let a page of another, allowed origin read the answer; none for other requests.
   * Credentials are only ever allowed to origins that are listed.
   */
  corsHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
    const { origin } = headers;
    if (origin !== undefined && this.#allowed.has(origin)) {
      return {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        Vary: 'Origin',
      };
    }
    if (this.#everybody) return { 'Access-Control-Allow-Origin': '*' };
    return this.#allowed.size > 0 ? { Vary: 'Origin' } : {};
  }

  #isTrusted(origin: string, headers: IncomingHttpHeaders): boolean {
    return this.#allowed.has(origin) || isSameOrigin(origin, headers);
  }
}

/**
 * Whether a page of `origin` was loaded from the host that it now asks. The scheme is not compared:
 * behind a proxy that ends TLS we do not know ours.
 */
function isSameOrigin(origin: string, headers: IncomingHttpHeaders): boolean {
  const host = headers.host ?? headers[':authority'];
  const from = /^(https?):\/\/([^\s/?#@]+)$/.exec(origin);
  if (typeof host !== 'string' || from === null) return false;
  const [, scheme = '', fromHost = ''] = from;
  const defaultPort = scheme === 'https' ? ':443' : ':80';
  return withoutEnd(fromHost, defaultPort) === withoutEnd(host.toLowerCase(), defaultPort);
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, -end.length) : text;
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}

function forbidden(): NotifyError {
  return new NotifyError('ORIGIN_FORBIDDEN', 'a page of this origin may not ask here');
}

/** Whether a credential came by itself, where `authenticate` does not say: see {@link Principal.ambient}. */
export function looksAmbient(headers: IncomingHttpHeaders): boolean {
  return headers.cookie !== undefined && headers.authorization === undefined;
}
