import type { IncomingMessage } from 'node:http';
import type { AccessOptions, Logger } from '@realtime-notify/core';
import { z } from 'zod';

export const sseOptionsSchema = z.strictObject({
  heartbeatMs: z.number().min(100).default(25_000),
  retryMs: z.number().min(0).default(2_000),
  maxAgeMs: z.number().min(1_000).optional(),
  maxGroups: z.int().min(0).default(30),
  revalidateMs: z.number().min(100).default(60_000),
});

/** What {@link sseHandler} takes. Unknown names are errors. */
export interface SseOptions extends AccessOptions {
  /** Time between comments on a quiet stream, 25,000. */
  readonly heartbeatMs?: number | undefined;
  /** How long clients wait on average before they reconnect, told in `retry:`, half to one and a half of 2,000. */
  readonly retryMs?: number | undefined;
  /** Closes streams of this age, so that they move in time; absent: no limit. */
  readonly maxAgeMs?: number | undefined;
  /** Limit of `?group=` parameters, 30. */
  readonly maxGroups?: number | undefined;
  /** Time between two calls of `revalidate` for one stream, 60,000. */
  readonly revalidateMs?: number | undefined;
  /** The client's address, for the limits; default the socket's. Needed behind a proxy. */
  readonly clientIp?: ((request: IncomingMessage) => string) | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}
