import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

interface ClientOptions {
  readonly protocol?: 2;
  readonly keyPrefix?: string;
  readonly lazyConnect?: boolean;
}

/** A plain client to look at the server and to disturb it. */
export function adminClient(url: string, options: ClientOptions = {}): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: 2_000, ...options });
  // Every failure rejects a call too.
  redis.on('error', () => undefined);
  return redis;
}

/** The same for one test. */
export function testAdmin(url: string): Redis {
  const redis = adminClient(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}
