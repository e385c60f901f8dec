import { eventually, freshChannel, sampleEnvelope } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { privateCluster } from '../../../scripts/private-servers/redis.js';
import { node } from './test-node.js';
import { testAdmin } from './test-redis.js';

const count = Number(process.env.CLUSTER_CHANNELS ?? 100_000);
const partitions = Number(process.env.CLUSTER_PARTITIONS ?? 256);
const patient = { commandTimeoutMs: 20_000, probeTimeoutMs: 20_000 };

test(`${count} channels: no command over 500, all stand again before resync`, async () => {
  const cluster = await privateCluster({ replicas: 0 });
  const admins = cluster.nodes.map(({ url }) => testAdmin(url));
  const inAll = (...command: [string, ...string[]]): Promise<unknown[]> =>
    Promise.all(admins.map((admin) => admin.call(...command)));
  // Every command is noted, with the number of its arguments and how long it took.
  await inAll('config', 'set', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '20000');
  const options = { cluster: { nodes: cluster.addresses }, partitions, ...patient };
  const [a, b] = [await node(options), await node(options)];
  const channels = Array.from({ length: count }, () => freshChannel());
  const asked = performance.now();
  // In parts of a hundred at once, as when many clients connect together.
  const parts = Array.from({ length: Math.ceil(count / 100) }, (_, i) =>
    channels.slice(i * 100, (i + 1) * 100),
  );
  await Promise.all(parts.map((part) => b.broker.subscribe(part)));
  const subscribedMs = performance.now() - asked;
  const atFirst = (await inAll('slowlog', 'get', '-1')).flatMap(subscriptions);

  await inAll('slowlog', 'reset');
  const cut = performance.now();
  let restoredMs = 0;
  b.sink.resync = () => {
    restoredMs = performance.now() - cut;
    b.sink.calls.push('resync');
  };
  await inAll('client', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
  const again = (await inAll('slowlog', 'get', '-1')).flatMap(subscriptions);
  const subscribed = await inAll('pubsub', 'SHARDCHANNELS', 'rn:*}n:*');
  expect(subscribed.flat()).toHaveLength(count);

  await eventually(() => expect(a.calls.at(-1)).toBe('up'));
  const sent = channels.slice(0, 1_000).map((channel) => sampleEnvelope(channel));
  await a.broker.publish(sent);
  await eventually(() => expect(b.sink.batches.flat()).toHaveLength(sent.length));

  console.log(
    [
      `${count} channels in ${partitions} partitions on three masters`,
      `  asked for by hundreds: ${subscribedMs.toFixed(0)} ms, ${sizesOf(atFirst)}`,
      `  all links cut: subscribed again and resynced after ${restoredMs.toFixed(0)} ms, ${sizesOf(again)}`,
    ].join('\n'),
  );
  expect(Math.max(...[...atFirst, ...again].map(({ topics }) => topics))).toBeLessThanOrEqual(500);
});

interface Subscription {
  readonly topics: number;
  readonly tookMs: number;
}

/** The subscriptions of a slow log, which shows 31 arguments and says how many more there were. */
function subscriptions(slowlog: unknown): Subscription[] {
  const entries: unknown[] = Array.isArray(slowlog) ? slowlog : [];
  return entries.flatMap((entry) => {
    const [, , tookUs, command]: unknown[] = Array.isArray(entry) ? entry : [];
    const [name, ...args]: unknown[] = Array.isArray(command) ? command : [];
    if (name !== 'ssubscribe') return [];
    const more = /^\.\.\. \((\d+) more/.exec(String(args.at(-1)))?.[1];
    const topics = more === undefined ? args.length : args.length - 1 + Number(more);
    return [{ topics, tookMs: Number(tookUs) / 1_000 }];
  });
}

function sizesOf(all: readonly Subscription[]): string {
  const sum = all.reduce((total, { tookMs }) => total + tookMs, 0);
  const times = all.map(({ tookMs }) => tookMs).toSorted((x, y) => x - y);
  return [
    `${all.length} commands`,
    `the largest of ${Math.max(...all.map(({ topics }) => topics))}`,
    `the slowest ${times.at(-1)?.toFixed(0)} ms, half under ${times[times.length >> 1]?.toFixed(1)} ms`,
    `over 50 ms ${times.filter((ms) => ms > 50).length}`,
    `together ${sum.toFixed(0)} ms`,
  ].join(', ');
}
