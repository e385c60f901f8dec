import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

interface ClientOptions {
  readonly protocol?: 2;
  readonly keyPrefix?: string;
  readonly lazyConnect?: boolean;
  /** Sentinels have no data that could be loading. */
  readonly enableReadyCheck?: boolean;
}

interface SentinelOptions {
  readonly name: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

const common = { maxRetriesPerRequest: 1, connectTimeout: 2_000 };

/** A plain client to look at the server and to disturb it. */
export function adminClient(url: string, options: ClientOptions = {}): Redis {
  return unheard(new Redis(url, { ...common, ...options }));
}

/** The same for one test. */
export function testAdmin(url: string, options?: ClientOptions): Redis {
  return forThisTest(adminClient(url, options));
}

/** A client that would ask Sentinels for the master, for one test; not connected. */
export function sentinelClient({ name, addresses }: SentinelOptions): Redis {
  const sentinels = [...addresses];
  return forThisTest(unheard(new Redis({ ...common, name, sentinels, lazyConnect: true })));
}

/** Every failure rejects a call too. */
function unheard(redis: Redis): Redis {
  return redis.on('error', () => undefined);
}

function forThisTest(redis: Redis): Redis {
  onTestFinished(() => redis.disconnect());
  return redis;
}
