import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { CatalogueSchemas, Notifier } from '@realtime-notify/core';
import { createMount } from './mount.js';
import type { MountOptions } from './mount-options.js';

export type { MountOptions } from './mount-options.js';

/** A middleware of Express or Connect. */
export type ExpressMount = (
  request: IncomingMessage & { readonly originalUrl?: string },
  response: ServerResponse,
  next: () => void,
) => void;

/**
 * Mounts a notifier's routes and WebSockets into Express: `app.use(expressMount(notifier, server, ...))`,
 * after CORS, compression and body parsers, before what answers 404. The server is the one that the app
 * is served by; it may listen already or later. What is not ours goes to the next middleware.
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function expressMount<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  server: Server,
  options: MountOptions,
): ExpressMount {
  const mount = createMount(notifier, server, options);
  return (request, response, next) => {
    // A router cuts its own path off `url`.
    const handler = mount.find(request.originalUrl ?? request.url);
    if (handler === undefined) next();
    else void handler(request, response);
  };
}
