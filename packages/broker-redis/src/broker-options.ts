import { type Logger, silentLogger } from '@realtime-notify/core';
import { z } from 'zod';
import type { Redis, RedisSource } from './redis-connections.js';

/** Everything about {@link redisBroker} except where the Redis is. */
export interface RedisBrokerSettings {
  /**
   * Begins the name of every Redis pub/sub channel. All nodes use the same; clusters that share a
   * Redis use different ones, because pub/sub knows no database numbers. Default `rn:`.
   */
  readonly channelPrefix?: string;
  /** A call rejects when Redis has not answered it by then, in milliseconds. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** How often a message is sent to ourselves while the link is up, in milliseconds. Default 5,000. */
  readonly probeEveryMs?: number;
  /**
   * When that message is not back by then, in milliseconds, the connections are taken for dead and
   * made anew. Default 3,000.
   */
  readonly probeTimeoutMs?: number;
  /** Longest wait between two attempts to reconnect or resubscribe, in milliseconds. Default 2,000. */
  readonly maxReconnectDelayMs?: number;
  /**
   * `publish` rejects while this many bytes wait for Redis to take them; one call may exceed it.
   * Default 16,777,216 (16 MiB).
   */
  readonly maxPendingBytes?: number;
  /** One line per change of the link's state and per message that is not ours. Default: silent. */
  readonly logger?: Logger;
}

/** Options of {@link redisBroker}: either an address or a client, and settings. */
export type RedisBrokerOptions = RedisBrokerSettings &
  (
    | {
        /** `redis://` or `rediss://`, with credentials where needed. */
        readonly url: string;
        readonly redis?: undefined;
      }
    | {
        /**
         * An ioredis client whose options (address, TLS, credentials, Sentinel) are taken for two
         * connections of our own. The client itself is neither used nor closed; its `keyPrefix` and
         * its retry and queue settings do not apply. Not a Cluster client.
         */
        readonly redis: Redis;
        readonly url?: undefined;
      }
  );

const duration = z.int().min(1);

export const brokerOptionsSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
      .optional(),
    redis: z.custom<Redis>(isSingleClient, 'must be an ioredis client, not a Cluster').optional(),
    channelPrefix: z.string().default('rn:'),
    commandTimeoutMs: duration.default(5_000),
    probeEveryMs: duration.default(5_000),
    probeTimeoutMs: duration.default(3_000),
    maxReconnectDelayMs: duration.default(2_000),
    maxPendingBytes: z.int().min(1).default(16_777_216),
    logger: z
      .custom<Logger>((value) => typeof value === 'object' && value !== null)
      .default(silentLogger),
  })
  .transform(({ url, redis, ...settings }, context) => {
    const source = sourceOf(url, redis);
    if (source !== undefined) return { ...settings, source };
    context.addIssue({ code: 'custom', message: 'pass either url or redis' });
    return z.NEVER;
  });

/** Options with their defaults filled in. */
export type ResolvedBrokerOptions = z.output<typeof brokerOptionsSchema>;

function sourceOf(url: string | undefined, redis: Redis | undefined): RedisSource | undefined {
  if (url !== undefined) return redis === undefined ? { url } : undefined;
  return redis === undefined ? undefined : { redis };
}

/** By shape: the host may use another installed copy of ioredis, where `instanceof` fails. */
function isSingleClient(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'duplicate' in value &&
    typeof value.duplicate === 'function' &&
    !('isCluster' in value && value.isCluster === true)
  );
}
