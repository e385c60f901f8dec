import {
  type Logger,
  longestAgeMs,
  type RetentionOptions,
  retentionSchema,
  silentLogger,
} from '@realtime-notify/core';
import { addressFields, type RedisAddress, sourceOf } from '@realtime-notify/redis-connection';
import { z } from 'zod';

/** Everything about {@link redisStore} except where the Redis is. */
export interface RedisStoreSettings {
  /** Begins every key; without braces. All nodes use the same. Default `rn:`. */
  readonly keyPrefix?: string;
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
  /** A call rejects when Redis has not answered it by then, in milliseconds. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** `start` rejects when Redis was not reached by then, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
  /** Longest wait between two attempts to reconnect, in milliseconds. Default 2,000. */
  readonly maxReconnectDelayMs?: number;
  /** Calls reject while this many commands wait for an answer, on a Cluster of one node. Default 20,000. */
  readonly maxPendingCommands?: number;
  /** One line per change of the link's state. Default: silent. */
  readonly logger?: Logger;
}

/** Options of {@link redisStore}: where the Redis is, and settings. */
export type RedisStoreOptions = RedisStoreSettings & RedisAddress;

const defaultHeadRetentionMs = 34_560_000_000;
const duration = z.int().min(1);

const optionsSchema = z
  .strictObject({
    ...addressFields,
    keyPrefix: z
      .string()
      .regex(/^[^{}]*$/, 'must not contain braces')
      .default('rn:'),
    retention: retentionSchema.prefault({}),
    headRetentionMs: z.union([duration, z.literal(false)]).optional(),
    idempotencyWindowMs: duration.default(300_000),
    commandTimeoutMs: duration.default(5_000),
    startTimeoutMs: duration.default(10_000),
    maxReconnectDelayMs: duration.default(2_000),
    maxPendingCommands: z.int().min(1).default(20_000),
    logger: z
      .custom<Logger>((value) => typeof value === 'object' && value !== null)
      .default(silentLogger),
  })
  .transform((options, context) => {
    const { url, sentinel, cluster, redis, username, password, tls, headRetentionMs, ...settings } =
      options;
    const refuse = (field: string | undefined, message: string): void => {
      context.addIssue({ code: 'custom', path: field === undefined ? [] : [field], message });
    };
    const longest = longestAgeMs(settings.retention);
    const head = headRetentionMs ?? (longest === false ? false : defaultHeadRetentionMs);
    if (lasts(head) < lasts(longest)) {
      refuse('headRetentionMs', 'must not be less than a maxAgeMs of retention');
    }
    const address = { url, sentinel, cluster, redis, username, password, tls };
    const source = sourceOf(address, refuse);
    return source === undefined ? z.NEVER : { ...settings, source, headRetentionMs: head };
  });

/** Options with their defaults filled in. */
export type ResolvedStoreOptions = z.output<typeof optionsSchema>;

export { optionsSchema as storeOptionsSchema };

function lasts(retentionMs: number | false): number {
  return retentionMs === false ? Number.POSITIVE_INFINITY : retentionMs;
}
