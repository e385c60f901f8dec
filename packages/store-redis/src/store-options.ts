import { headRetention, type RemoteStoreOptions, remoteStoreFields } from '@realtime-notify/core';
import { addressFields, type RedisAddress, sourceOf } from '@realtime-notify/redis-connection';
import { z } from 'zod';

/** Everything about {@link redisStore} except where the Redis is. */
export interface RedisStoreSettings extends RemoteStoreOptions {
  /** Begins every key; without braces. All nodes use the same. Default `rn:`. */
  readonly keyPrefix?: string;
  /** Calls reject while this many commands wait for an answer, on a Cluster of one node. Default 20,000. */
  readonly maxPendingCommands?: number;
}

/** Options of {@link redisStore}: where the Redis is, and settings. */
export type RedisStoreOptions = RedisStoreSettings & RedisAddress;

const optionsSchema = z
  .strictObject({
    ...addressFields,
    keyPrefix: z
      .string()
      .regex(/^[^{}]*$/, 'must not contain braces')
      .default('rn:'),
    ...remoteStoreFields,
    maxPendingCommands: z.int().min(1).default(20_000),
  })
  .transform((options, context) => {
    const { url, sentinel, cluster, redis, username, password, tls, headRetentionMs, ...settings } =
      options;
    const refuse = (field: string | undefined, message: string): void => {
      context.addIssue({ code: 'custom', path: field === undefined ? [] : [field], message });
    };
    const head = headRetention(headRetentionMs, settings.retention, (message) =>
      refuse('headRetentionMs', message),
    );
    const address = { url, sentinel, cluster, redis, username, password, tls };
    const source = sourceOf(address, refuse);
    return source === undefined ? z.NEVER : { ...settings, source, headRetentionMs: head };
  });

/** Options with their defaults filled in. */
export type ResolvedStoreOptions = z.output<typeof optionsSchema>;

export { optionsSchema as storeOptionsSchema };
