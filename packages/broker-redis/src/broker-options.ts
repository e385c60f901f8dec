import { type Logger, silentLogger } from '@realtime-notify/core';
import {
  addressFields,
  type RedisAddress,
  slotCount,
  sourceOf,
} from '@realtime-notify/redis-connection';
import { z } from 'zod';

/** Everything about {@link redisBroker} except where the Redis is. */
export interface RedisBrokerSettings {
  /**
   * Begins the name of every Redis pub/sub channel. All nodes use the same; clusters that share a
   * Redis use different ones, because pub/sub knows no database numbers. Default `rn:`.
   */
  readonly channelPrefix?: string;
  /**
   * On a Cluster: how many parts the channels are put into, each with its slot. All nodes use the same.
   * Default 256, at most 16,384.
   */
  readonly partitions?: number;
  /**
   * `interest`: a Redis channel for each channel that a node follows. `directed`: what is for a user goes to
   * the nodes that the notifier's `directory` names, each of which has one Redis channel; groups and `all`
   * as before. Equal on all nodes. Default `interest`.
   */
  readonly routing?: 'interest' | 'directed';
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

/** Options of {@link redisBroker}: where the Redis is, and settings. */
export type RedisBrokerOptions = RedisBrokerSettings & RedisAddress;

const duration = z.int().min(1);

export const brokerOptionsSchema = z
  .strictObject({
    ...addressFields,
    channelPrefix: z.string().default('rn:'),
    partitions: z.int().min(1).max(slotCount).default(256),
    routing: z.enum(['interest', 'directed']).default('interest'),
    commandTimeoutMs: duration.default(5_000),
    probeEveryMs: duration.default(5_000),
    probeTimeoutMs: duration.default(3_000),
    maxReconnectDelayMs: duration.default(2_000),
    maxPendingBytes: z.int().min(1).default(16_777_216),
    logger: z
      .custom<Logger>((value) => typeof value === 'object' && value !== null)
      .default(silentLogger),
  })
  .transform(({ url, sentinel, cluster, redis, username, password, tls, ...settings }, context) => {
    const address = { url, sentinel, cluster, redis, username, password, tls };
    const refuse = (field: string | undefined, message: string): void => {
      context.addIssue({ code: 'custom', path: field === undefined ? [] : [field], message });
    };
    if (cluster !== undefined && /[{}]/.test(settings.channelPrefix)) {
      refuse('channelPrefix', 'must not contain braces on a Cluster');
    }
    const source = sourceOf(address, refuse);
    return source === undefined ? z.NEVER : { ...settings, source };
  });

/** Options with their defaults filled in. */
export type ResolvedBrokerOptions = z.output<typeof brokerOptionsSchema>;
