import type { RetentionOptions, Store } from '../../packages/core/src/index.js';
import { mongoStore } from '../../packages/store-mongo/src/index.js';
import { postgresStore } from '../../packages/store-postgres/src/index.js';
import { redisStore } from '../../packages/store-redis/src/index.js';

/** Enough to see all that a test has written. */
const retention: RetentionOptions = { maxCount: 100_000, maxBytes: false };

const stores = {
  redis: (url: string) => redisStore({ url, retention }),
  postgres: (url: string) => postgresStore({ url, retention }),
  // With eight writers at one channel, on a busy machine, an append takes its time.
  mongo: (url: string) => mongoStore({ url, retention, commandTimeoutMs: 20_000 }),
};

const kinds = ['redis', 'postgres', 'mongo'] as const satisfies readonly (keyof typeof stores)[];

/** The stores that several processes share. */
export type SharedStoreKind = keyof typeof stores;

export function sharedStoreKind(name: string): SharedStoreKind {
  const known = kinds.find((each) => each === name);
  if (known === undefined) throw new Error(`no store ${name}`);
  return known;
}

/** A store of that kind, by its address. */
export function storeAt(kind: string, address: string): Store {
  return stores[sharedStoreKind(kind)](address);
}
