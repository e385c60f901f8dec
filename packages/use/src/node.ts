import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { CatalogueSchemas, Notifier } from '@realtime-notify/core';
import { createMount } from './mount.js';
import type { MountOptions } from './mount-options.js';

export type { MountOptions } from './mount-options.js';

/** Answers a request and returns true where it is ours; leaves it untouched and returns false where not. */
export type NodeMount = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Mounts a notifier's routes and WebSockets into a server of `node:http` or `node:https`. Upgrades are
 * taken from the server at once; requests are the host's to hand over:
 * `if (!mounted(request, response)) ...`.
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function nodeMount<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  server: Server,
  options: MountOptions,
): NodeMount {
  const mount = createMount(notifier, server, options);
  return (request, response) => {
    const handler = mount.find(request.url);
    if (handler === undefined) return false;
    void handler(request, response);
    return true;
  };
}
