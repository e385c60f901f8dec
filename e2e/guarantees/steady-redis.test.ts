import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../harness/private-redis.js';
import { Load, stretch } from './harness/load.js';

test(
  'the same without faults',
  async () => {
    const redis = await privateRedis();
    onTestFinished(redis.stop);
    const load = await Load.start(() => ({
      BROKER: 'redis',
      STORE: 'redis',
      REDIS_URL: redis.url,
    }));
    await load.until(15_000);
    const tally = await load.finish('BROKER=redis STORE=redis, no faults');
    expect(tally).toMatchObject({ clients: 600, unrecovered: 0, reconnects: 0, repeats: 0 });
  },
  180_000 * stretch,
);
