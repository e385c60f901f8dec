import { NotifyError, samePosition } from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import type { Redis } from 'ioredis';
import { TestClient } from '../../src/client/test-client.js';
import type { Deployment } from './deployment.js';
import type { FaultyProxy } from './faulty-proxy.js';
import { channelOf, channels, type History, type Step } from './history.js';
import { RedisNode } from './redis-node.js';

/** Waits of a history are made shorter: what is on its way is there in a few of these. */
const longestWaitMs = 60;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Nodes over a real Redis. What only a simulation can do is left out: wake-ups that are lost, come twice or
 * late one by one, and a log that loses just its end.
 * @param admin - a client of the Redis itself, past all proxies
 */
export async function redisDeployment(
  { nodes: count }: History,
  admin: Redis,
  prefix: string,
): Promise<{ readonly deployment: Deployment; close(): Promise<void> }> {
  const { port = 6_379 } = admin.options;
  const nodes = await Promise.all(
    Array.from({ length: count }, () => RedisNode.create(prefix, port)),
  );
  const truth = redisStore({ url: `redis://127.0.0.1:${port}`, keyPrefix: prefix });
  await truth.start();
  const clients: TestClient[] = [];
  const node = (index: number): RedisNode => {
    const found = nodes[index % count];
    if (found === undefined) throw new NotifyError('NOT_STARTED', `there is no node ${index}`);
    return found;
  };
  const all = (link: 'broker' | 'store'): readonly FaultyProxy[] => nodes.map((each) => each[link]);
  const log: Deployment['log'] = async (channel) => {
    const [page] = await truth.readAfter([{ channel, after: 0, limit: 1_000 }]);
    if (page === undefined) throw new Error('the store gave no page');
    return page;
  };
  const hurt = async (step: Step): Promise<boolean> => {
    switch (step.do) {
      case 'delay':
        for (const proxy of all('broker')) proxy.maxDelayMs = step.maxMs;
        return true;
      case 'partition':
        node(step.node).broker.passing = step.noticedAfterMs === 0 ? 'refused' : 'frozen';
        return true;
      case 'brokerDown':
        for (const proxy of all('broker')) proxy.passing = 'refused';
        return true;
      case 'brokerUp':
        for (const proxy of all('broker')) proxy.passing = 'passes';
        return true;
      case 'storeFails':
        for (const proxy of all('store')) proxy.passing = step.how;
        return true;
      case 'storeSlow':
        for (const proxy of all('store')) proxy.maxDelayMs = step.maxMs;
        return true;
      case 'storeRecovers':
        for (const proxy of all('store')) proxy.passing = 'passes';
        return true;
      case 'loseEverything': {
        const keys = await admin.keys(`${prefix}*`);
        if (keys.length > 0) await admin.del(keys);
        return true;
      }
      case 'trim': {
        const channel = channelOf(step.channel);
        const { items } = await log(channel);
        await admin.xtrim(
          `${prefix}{${channel}}:log`,
          'MAXLEN',
          Math.max(0, items.length - step.count),
        );
        return true;
      }
      default:
        return false;
    }
  };
  const deployment: Deployment = {
    nodes: count,
    notify: (index, request) => node(index).notify(request),
    isUp: (index) => node(index).isUp,
    client: (request) => {
      const client = new TestClient({ notifier: (index) => node(index).notifier }, request);
      clients.push(client);
      return client;
    },
    crash: async (index) => {
      for (const client of clients) if (client.node === index) client.nodeDied();
      await node(index).crash();
    },
    restart: (index) => node(index).start(),
    hurt,
    undisturbed: async (work) => {
      const before = all('store').map((proxy) => proxy.passing);
      for (const proxy of all('store')) proxy.passing = 'frozen';
      // What had passed before is done by then.
      await sleep(20);
      await work();
      all('store').forEach((proxy, index) => {
        proxy.passing = before[index] ?? 'passes';
      });
    },
    heal: async () => {
      for (const proxy of [...all('broker'), ...all('store')]) {
        proxy.maxDelayMs = 0;
        proxy.passing = 'passes';
      }
    },
    log,
    advance: (ms) => sleep(Math.min(ms, longestWaitMs)),
    mend: () => untilLevel(clients, log),
  };
  const close = async (): Promise<void> => {
    for (const client of clients) client.disconnect();
    await Promise.all([...nodes.map((each) => each.close()), truth.close()]);
  };
  return { deployment, close };
}

/** Resolves when every connected client stands where the store stands, or when it takes too long. */
async function untilLevel(clients: readonly TestClient[], log: Deployment['log']): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const heads = await Promise.all(
      channels.map(async (channel) => [channel, (await log(channel)).head] as const),
    );
    const isLevel = clients.every(({ connected, positions }) =>
      heads.every(([channel, head]) => {
        const position = positions.get(channel);
        if (!connected || position === undefined) return true;
        const isEmpty = head.offset === 0 && position.offset === 0;
        return isEmpty || samePosition(position, head);
      }),
    );
    if (isLevel) return;
    await sleep(50);
  }
}
