import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { CatalogueSchemas, Notifier } from '@realtime-notify/core';
import { createMount } from './mount.js';
import type { MountOptions } from './mount-options.js';

export type { MountOptions } from './mount-options.js';

/** What we use of a Koa context. */
export interface KoaContext {
  readonly originalUrl: string;
  readonly req: IncomingMessage & { body?: unknown };
  readonly res: ServerResponse;
  readonly request: { readonly url: string; readonly body?: unknown };
  respond?: boolean;
  status: number;
}

/** A middleware of Koa. */
export type KoaMount = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Mounts a notifier's routes and WebSockets into Koa: `app.use(koaMount(notifier, server, ...))`, after
 * CORS, compression and body parsers. What is not ours goes to the next middleware.
 * @param server - the one that `app.callback()` is given to, afterwards: it takes no later middleware. The
 *   server may listen already or later
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function koaMount<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  server: Server,
  options: MountOptions,
): KoaMount {
  const mount = createMount(notifier, server, options);
  return async (context, next) => {
    // `mount` cuts its own path off `url`.
    const handler = mount.find(context.originalUrl);
    if (handler === undefined) {
      await next();
      return;
    }
    const { req, res, request } = context;
    context.respond = false;
    // Koa begins with 404, which the middleware before us may take for an answer that is missing.
    context.status = 200;
    if (request.body !== undefined) req.body = request.body;
    await handler(req, res);
  };
}
