import { type Logger, silentLogger } from '@realtime-notify/core';
import { addressFields, type RedisAddress, sourceOf } from '@realtime-notify/redis-connection';
import { z } from 'zod';

/** Everything about {@link redisDirectory} except where the Redis is. */
export interface RedisDirectorySettings {
  /** Begins the name of every key; equal on all nodes. Default `rn:`. */
  readonly keyPrefix?: string;
  /**
   * For how long a node that says nothing counts as there, in milliseconds by the clock of Redis; it says
   * so three times in that time. What a killed node held is gone within three times that. Default 15,000.
   */
  readonly leaseMs?: number;
  /** A call rejects when Redis has not answered it by then, in milliseconds. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** Longest wait between two attempts to reconnect, in milliseconds. Default 2,000. */
  readonly maxReconnectDelayMs?: number;
  /** Look-ups reject while this many scripts wait for Redis. Default 10,000. */
  readonly maxPendingCommands?: number;
  /** One line per change of the link's state. Default: silent. */
  readonly logger?: Logger;
}

/** Options of {@link redisDirectory}: where the Redis is, and settings. */
export type RedisDirectoryOptions = RedisDirectorySettings & RedisAddress;

const duration = z.int().min(1);

export const directoryOptionsSchema = z
  .strictObject({
    ...addressFields,
    keyPrefix: z
      .string()
      .regex(/^[^{}]*$/, 'must hold no braces')
      .default('rn:'),
    leaseMs: z.int().min(100).default(15_000),
    commandTimeoutMs: duration.default(5_000),
    maxReconnectDelayMs: duration.default(2_000),
    maxPendingCommands: duration.default(10_000),
    logger: z
      .custom<Logger>((value) => typeof value === 'object' && value !== null)
      .default(silentLogger),
  })
  .transform(({ url, sentinel, cluster, redis, username, password, tls, ...settings }, context) => {
    const address = { url, sentinel, cluster, redis, username, password, tls };
    const source = sourceOf(address, (field, message) => {
      context.addIssue({ code: 'custom', path: field === undefined ? [] : [field], message });
    });
    return source === undefined ? z.NEVER : { ...settings, source };
  });

/** Options with their defaults filled in. */
export type ResolvedDirectoryOptions = z.output<typeof directoryOptionsSchema>;
