import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { onTestFinished, test } from 'vitest';
import { slotOf } from '../../packages/redis-connection/src/slot-of.js';
import { privateCluster } from '../../scripts/private-servers/redis.js';
import { eventually } from '../harness/eventually.js';
import { type Accepted, notifyUntilAccepted, tokenFor } from '../harness/publisher.js';
import { sseReader } from '../harness/sse-reader.js';
import type { StreamReader } from '../harness/stream-reader.js';
import { Traffic } from '../harness/traffic.js';
import { startNodes } from '../harness/two-nodes.js';
import { wsReader } from '../harness/ws-reader.js';
import { type Placed, untilAccountedFor } from './harness/told.js';

const users = 50;
const perSecond = 300;
const slowUs = 50_000;

test('a Redis Cluster, 100 clients, 300 notifications/s, a primary killed with -9: everything accepted is shown in order, or its loss told', async () => {
  const cluster = await privateCluster({
    serverArgs: [
      ...['--cluster-require-full-coverage', 'no'],
      ...['--slowlog-log-slower-than', String(slowUs)],
    ],
  });
  const { nodes, stop } = await startNodes(['node-a', 'node-b'], {
    BROKER: 'redis',
    STORE: 'redis',
    REDIS_URL: cluster.url,
  });
  onTestFinished(stop);
  const run = randomUUID().slice(0, 8);
  const userOf = (n: number): string => `${run}-u${n % users}`;
  const bases = nodes.map(({ base }) => base);
  const readers = await connect(
    Array.from({ length: users }, (_, n) => userOf(n)),
    bases,
  );
  const traffic = new Traffic({
    ...{ nodes, perSecond, publishers: 400 },
    nth: (n) => {
      const to = n % 50 === 0 ? ({ all: true } as const) : { user: userOf(n) };
      return { to, type: 'message', data: { text: `number ${n}` } };
    },
  });
  onTestFinished(() => void traffic.stop().catch(() => undefined));
  const { accepted } = traffic;
  await eventually('the traffic flows', () => accepted.length > 2 * perSecond);

  // The first third of the slots is the first master's.
  const isKilled = (channel: string): boolean => slotOf(channel) < 16_384 / 3;
  const user = Array.from({ length: users }, (_, n) => userOf(n)).find((name) =>
    isKilled(`user:${name}`),
  );
  await cluster.nodes[0]?.kill('SIGKILL');
  const killed = performance.now();
  const first = await notifyUntilAccepted(bases, {
    ...{ to: { user: user ?? '' }, type: 'message', data: { text: 'the first one' } },
    idempotencyKey: randomUUID(),
  });
  const acceptedMs = performance.now() - killed;
  const meanwhile = accepted.length;
  await untilAccountedFor(readers, [...accepted, ...first].map(placed));
  const caughtUpMs = performance.now() - killed;
  await eventually('the traffic goes on', () => accepted.length > meanwhile + 3 * perSecond);
  const all = await traffic.stop();
  await untilAccountedFor(readers, [...all, ...first].map(placed));

  const told = readers.filter(({ log }) => log.losses.length > 0).length;
  const slow = await Promise.all(cluster.nodes.slice(1).map(({ url }) => slowLog(url)));
  console.log(
    [
      `a primary of a Redis Cluster killed under ${perSecond}/s, ${readers.length} clients at two nodes`,
      `  accepted ${all.length}, shown ${readers.reduce((sum, { log }) => sum + log.received, 0)}, clients told of a loss ${told}`,
      `  after the kill: accepted again ${acceptedMs.toFixed(0)} ms, all that was accepted by then shown ${caughtUpMs.toFixed(0)} ms`,
      `  commands over ${slowUs / 1_000} ms at the five others: ${slow.flat().length}`,
      ...slow.flat().map((line) => `    ${line}`),
    ].join('\n'),
  );
  for (const node of nodes) await node.assertHealthy();
});

/** Of each user an event stream at one node and a WebSocket at the other. */
async function connect(names: readonly string[], bases: readonly string[]) {
  const [a = '', b = ''] = bases;
  const readers = await Promise.all(
    names.map(async (user): Promise<StreamReader[]> => {
      const who = { token: await tokenFor(a, user), groups: [], mayLose: true };
      return [
        sseReader({ ...who, name: `${user} by SSE`, nodes: [a, b] }),
        wsReader({ ...who, name: `${user} by WebSocket`, nodes: [b, a] }),
      ];
    }),
  );
  const all = readers.flat();
  onTestFinished(() => {
    for (const reader of all) reader.cut();
  });
  await Promise.all(all.map((reader) => reader.open()));
  return all;
}

function placed({ id = '', channel, epoch, offset }: Accepted): Placed {
  return { id, channels: [{ channel, epoch: epoch ?? null, offset: offset ?? null }] };
}

/** The commands of a server that took long, one line each. */
async function slowLog(url: string): Promise<string[]> {
  const redis = new Redis(url);
  // It is there; a failure rejects the call too.
  redis.on('error', () => undefined);
  const entries = await redis.slowlog('GET', 128).finally(() => redis.disconnect());
  return (Array.isArray(entries) ? entries : []).map((entry: unknown) => {
    const [, , tookUs, command]: unknown[] = Array.isArray(entry) ? entry : [];
    return `${new URL(url).port}: ${Number(tookUs) / 1_000} ms ${String(command).slice(0, 60)}`;
  });
}
