import type { IncomingMessage } from 'node:http';
import { type AccessOptions, type Logger, pathOf } from '@realtime-notify/core';
import { z } from 'zod';

export const wsOptionsSchema = z.strictObject({
  path: z.string().startsWith('/').default('/notifications/ws').transform(pathOf),
  heartbeatMs: z.number().min(100).default(25_000),
  helloTimeoutMs: z.number().min(1).default(10_000),
  maxHelloBytes: z
    .int()
    .min(64)
    .default(8 * 1024),
  maxPayloadBytes: z
    .int()
    .min(64)
    .default(64 * 1024),
  maxFragments: z.int().min(1).default(64),
  maxFramesPerSecond: z.int().min(1).default(50),
  maxQueuedFrames: z.int().min(1).default(64),
  maxReplyBacklogBytes: z
    .int()
    .min(1_024)
    .default(2 * 1024 * 1024),
  maxGroups: z.int().min(0).default(30),
  revalidateMs: z.number().min(100).default(60_000),
  closeTimeoutMs: z.number().min(1).default(2_000),
  maxAgeMs: z.number().min(1_000).optional(),
});

/** What {@link attachWebSockets} takes. Unknown names are errors. */
export interface WsOptions extends AccessOptions {
  /** The path of upgrades that are ours, with or without a slash at its end, `/notifications/ws`. */
  readonly path?: string | undefined;
  /** Time between pings; a client that answered none until the next is cut, 25,000. */
  readonly heartbeatMs?: number | undefined;
  /** How long a client may take to say hello, 10,000. */
  readonly helloTimeoutMs?: number | undefined;
  /** Limit of the hello, 8 KiB. */
  readonly maxHelloBytes?: number | undefined;
  /** Limit of any client message, 64 KiB. */
  readonly maxPayloadBytes?: number | undefined;
  /** Limit of the fragments of one client message, 64. */
  readonly maxFragments?: number | undefined;
  /** Limit of frames per second from one client, pings among them, 50; two seconds may come at once. */
  readonly maxFramesPerSecond?: number | undefined;
  /** Client frames that wait for their turn at most, 64. */
  readonly maxQueuedFrames?: number | undefined;
  /** Backlog at which a client that goes on sending frames is cut, 2 MiB. */
  readonly maxReplyBacklogBytes?: number | undefined;
  /** Limit of `?group=` parameters, 30. */
  readonly maxGroups?: number | undefined;
  /** Time between two calls of `revalidate` for one connection, 60,000. */
  readonly revalidateMs?: number | undefined;
  /** The client's address, for the limits; default the socket's. Needed behind a proxy. */
  readonly clientIp?: ((request: IncomingMessage) => string) | undefined;
  /** How long a client may take to answer a close, 2,000. */
  readonly closeTimeoutMs?: number | undefined;
  /** Closes connections of this age, so that they move in time; absent: no limit. */
  readonly maxAgeMs?: number | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}
