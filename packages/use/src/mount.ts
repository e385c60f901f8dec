import type { Server } from 'node:http';
import {
  type CatalogueSchemas,
  type Notifier,
  NotifyError,
  pathOf,
  resolveOptions,
} from '@realtime-notify/core';
import {
  type Handler,
  type HistoryOptions,
  healthHandlers,
  historyHandler,
  inboxHandlers,
  publishHandler,
} from '@realtime-notify/http';
import { type SseHandler, sseHandler } from '@realtime-notify/transport-sse';
import { attachWebSockets } from '@realtime-notify/transport-ws';
import { type MountOptions, mountOptionsSchema } from './mount-options.js';

/** Our routes, for a host framework to reach. */
export interface Mount {
  /** The handler of each path. Handlers never throw and never reject. */
  readonly routes: ReadonlyMap<string, Handler | SseHandler>;
  /**
   * The handler of a request, with or without a slash at its path's end, in absolute form or not; undefined
   * where it is not ours.
   * @param url - of the request as the client sent it, before any router cut it
   */
  find(url: string | undefined): Handler | SseHandler | undefined;
}

/**
 * Makes the routes of a notifier, for all hosts alike, and takes the upgrades of `<prefix>/ws` from the
 * server: at once, whether it listens yet or not, until the notifier closes. The routes are `<prefix>`
 * (history, or the inbox where the notifier has one, with its changes below), `<prefix>/stream`, and those of `publish` and `health` where they are asked for.
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function createMount<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  server: Server,
  options: MountOptions,
): Mount {
  const { access, sse, ws, history, inbox, publish, clientIp, logger, ...rest } = options;
  const { path: publishPath, ...publishing } = publish ?? {};
  const paths = { ...rest, publish: publish && { path: publishPath } };
  const resolved = resolveOptions(mountOptionsSchema, paths, 'mount');
  const { prefix } = resolved;

  const routes = new Map<string, Handler | SseHandler>([
    ...lookingRoutes(notifier, prefix, { ...access, ...history, logger }, inbox),
    [`${prefix}/stream`, sseHandler(notifier, { ...access, ...sse, clientIp, logger })],
  ]);
  if (resolved.publish !== undefined) {
    const path = resolved.publish.path ?? `${prefix}/publish`;
    const { allowedOrigins } = access;
    routes.set(path, publishHandler(notifier, { allowedOrigins, ...publishing, logger }));
  }
  if (resolved.health) {
    const { live, ready } = healthHandlers(notifier, { logger });
    routes.set('/healthz', live).set('/readyz', ready);
  }
  const path = `${prefix}/ws`;
  attachWebSockets(notifier, server, { ...access, ...ws, path, clientIp, logger });

  return {
    routes,
    find: (url) => routes.get(pathOf(url)),
  };
}

function* lookingRoutes<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  prefix: string,
  options: HistoryOptions,
  inbox: MountOptions['inbox'],
): Generator<[path: string, handler: Handler]> {
  if (!notifier.hasInbox) {
    if (inbox !== undefined) {
      throw new NotifyError('OPTIONS_INVALID', 'mount: inbox: the notifier has no `inbox`');
    }
    yield [prefix, historyHandler(notifier, options)];
    return;
  }
  const { list, ...others } = inboxHandlers(notifier, { ...options, ...inbox });
  yield [prefix, list];
  for (const [name, handler] of Object.entries(others)) yield [`${prefix}/${name}`, handler];
}
