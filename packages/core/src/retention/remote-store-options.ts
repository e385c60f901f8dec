import { z } from 'zod';
import { type Logger, silentLogger } from '../ports/logger.js';
import {
  longestAgeMs,
  longestMs,
  type RetentionOptions,
  type RetentionRules,
  retentionSchema,
} from './retention.js';

/** What the stores that keep logs in a server have in common. */
export interface RemoteStoreOptions {
  /** What is kept of the channels' logs. Default: 1,000 notifications, 7 days, 8 MiB per channel. */
  readonly retention?: RetentionOptions;
  /**
   * A channel's position is forgotten this long after its last append, in milliseconds; `false`: never.
   * Until then a client that missed nothing is up to date however long it was away. Not less than any
   * `maxAgeMs` of `retention`. Default 34,560,000,000 (400 days), or `false` where one of those is.
   */
  readonly headRetentionMs?: number | false;
  /** How long an idempotency key is remembered, in milliseconds. Default 300,000 (5 minutes). */
  readonly idempotencyWindowMs?: number;
  /** A call rejects when the server has not answered it by then, in milliseconds. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** `start` rejects when the server was not reached by then, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
  /** Longest wait between two attempts to reach the server, in milliseconds. Default 2,000. */
  readonly maxReconnectDelayMs?: number;
  /** One line per change of the link's state. Default: silent. */
  readonly logger?: Logger;
}

const defaultHeadRetentionMs = 34_560_000_000;
const duration = z.int().min(1).max(longestMs);

/** The fields of a store's own schema that check {@link RemoteStoreOptions}; see {@link headRetention}. */
export const remoteStoreFields = {
  retention: retentionSchema.prefault({}),
  headRetentionMs: z.union([duration, z.literal(false)]).optional(),
  idempotencyWindowMs: duration.default(300_000),
  commandTimeoutMs: duration.default(5_000),
  startTimeoutMs: duration.default(10_000),
  maxReconnectDelayMs: duration.default(2_000),
  logger: z
    .custom<Logger>((value) => typeof value === 'object' && value !== null)
    .default(silentLogger),
};

/**
 * How long heads are kept, in milliseconds, `false` for ever: as said, or as is right for the logs.
 * @param refuse - called where a head would go before its log
 */
export function headRetention(
  said: number | false | undefined,
  retention: RetentionRules,
  refuse: (message: string) => void,
): number | false {
  const longest = longestAgeMs(retention);
  const head = said ?? (longest === false ? false : defaultHeadRetentionMs);
  if (lasts(head) < lasts(longest)) {
    refuse('must not be less than a maxAgeMs of retention');
  }
  return head;
}

function lasts(retentionMs: number | false): number {
  return retentionMs === false ? Number.POSITIVE_INFINITY : retentionMs;
}
