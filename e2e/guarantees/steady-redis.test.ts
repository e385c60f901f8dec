import { expect, test } from 'vitest';
import { Load, stretch } from './harness/load.js';
import { redisFor } from './harness/own-redis.js';

test(
  'the same without faults',
  async () => {
    const { redis } = await redisFor();
    const load = await Load.start(() => ({
      BROKER: 'redis',
      STORE: 'redis',
      REDIS_URL: redis.url,
    }));
    await load.until(12_000);
    const tally = await load.finish('BROKER=redis STORE=redis, no faults');
    expect(tally).toMatchObject({ clients: 600, unrecovered: 0, reconnects: 0, repeats: 0 });
  },
  180_000 * stretch,
);
