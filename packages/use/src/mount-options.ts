import { type AccessOptions, type Logger, pathOf } from '@realtime-notify/core';
import type { HistoryOptions, InboxHandlerOptions, PublishOptions } from '@realtime-notify/http';
import type { SseOptions } from '@realtime-notify/transport-sse';
import type { WsOptions } from '@realtime-notify/transport-ws';
import { z } from 'zod';

const path = z.string().regex(/^(\/[^/?#\s]+)+\/?$/, 'is a path such as /notifications');

export const mountOptionsSchema = z.strictObject({
  prefix: path.default('/notifications').transform(pathOf),
  health: z.boolean().default(false),
  publish: z.strictObject({ path: path.transform(pathOf).optional() }).optional(),
});

/** What is said once for all routes. */
type SharedOption = keyof AccessOptions | 'clientIp' | 'logger';

/** As {@link PublishOptions}; pages of the origins that `access` allows may publish too, unless told otherwise. */
export interface MountedPublishOptions extends Omit<PublishOptions, 'logger'> {
  /** `<prefix>/publish` */
  readonly path?: string | undefined;
}

/** What a mount takes. Unknown names are errors. */
export interface MountOptions {
  /**
   * The path that clients see before the names of our routes, `/notifications`: in full, also where the
   * middleware sits on a router or another mount that has a path of its own.
   */
  readonly prefix?: string | undefined;
  /** Who may connect, on every route: one of `authenticate` and `anonymous: true`. */
  readonly access: AccessOptions;
  /** Settings of event streams. */
  readonly sse?: Omit<SseOptions, SharedOption> | undefined;
  /** Settings of WebSockets. */
  readonly ws?: Omit<WsOptions, SharedOption | 'path'> | undefined;
  /** Settings of the look back, also of an inbox. */
  readonly history?: Omit<HistoryOptions, SharedOption> | undefined;
  /** Further settings of the inbox, for a notifier that has one. */
  readonly inbox?: Omit<InboxHandlerOptions, keyof HistoryOptions> | undefined;
  /** The client's address, for the limits; default the socket's. Needed behind a proxy. */
  readonly clientIp?: SseOptions['clientIp'];
  /** Adds a route that publishes; absent: there is none. */
  readonly publish?: MountedPublishOptions | undefined;
  /** Adds `/healthz` and `/readyz`, without prefix; false. */
  readonly health?: boolean | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}
