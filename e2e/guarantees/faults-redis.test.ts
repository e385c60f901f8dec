import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { type TcpProxy, tcpProxy } from '../../packages/contract-kit/src/tcp-proxy.js';
import { eventually } from '../harness/eventually.js';
import { Load, stretch } from './harness/load.js';
import { redisFor } from './harness/own-redis.js';

const patienceMs = 420_000;

test(
  '600 clients, 500 notifications/s, five faults on Redis and nodes: everything accepted is everywhere, in order, once, and no client is told that it lost anything',
  async () => {
    const { redis, admin } = await redisFor();
    const proxy = await tcpProxy(Number(new URL(redis.url).port));
    const behindProxy = `redis://127.0.0.1:${proxy.port}`;
    const load = await Load.start((name) => ({
      BROKER: 'redis',
      STORE: 'redis',
      REDIS_URL: name === 'node-b' ? behindProxy : redis.url,
    }));

    await load.suffer({
      name: 'CLIENT KILL TYPE pubsub',
      atMs: 5_000,
      strike: async () => {
        expect(await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(2);
      },
    });
    await load.suffer({
      name: 'Redis killed with -9, started after 5 s',
      atMs: 12_000,
      strike: async () => {
        await redis.kill9();
        await delay(5_000);
        await redis.restart();
      },
    });
    await load.suffer({
      name: 'Redis stood still for 20 s',
      atMs: 28_000,
      strike: async () => {
        await redis.standStill();
        await delay(20_000);
        await redis.goOn();
      },
    });
    await load.suffer({
      name: 'node A killed with -9 and started',
      atMs: 58_000,
      strike: async () => {
        await load.a.kill9();
        await load.a.restart();
        await load.returnTo(load.a);
      },
    });
    await load.suffer({
      name: "node B's subscriber link carries nothing",
      atMs: 72_000,
      strike: async () => {
        const before = proxy.accepted;
        proxy.freeze(await subscriberOf(admin, proxy));
        await eventually(
          'the dead link is found and made anew',
          () => proxy.accepted > before,
          () => '',
          { timeoutMs: 15_000 },
        );
      },
    });
    await load.until(90_000);
    const tally = await load.finish('BROKER=redis STORE=redis under faults');
    expect(tally).toMatchObject({ clients: 600, unrecovered: 0 });
  },
  patienceMs * stretch,
);

/** Which of the proxy's connections is the one that Redis holds subscriptions for. */
async function subscriberOf(admin: Redis, proxy: TcpProxy): Promise<number> {
  const list = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  const ports = [...list.matchAll(/ addr=127\.0\.0\.1:(\d+) /g)].map(([, port]) => Number(port));
  const found = ports.map((port) => proxy.connectionFrom(port)).filter((n) => n !== undefined);
  const [connection] = found;
  if (connection === undefined || found.length > 1) throw new Error(`one was expected: ${list}`);
  return connection;
}
