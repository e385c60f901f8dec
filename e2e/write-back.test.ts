import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { launchKafka } from '../scripts/services/kafka.js';
import { ChannelWriter, numbersOf } from './harness/channel-writer.js';
import { eventually } from './harness/eventually.js';
import { KafkaView } from './harness/kafka.js';
import type { NodeProcess } from './harness/node-process.js';
import { asObject } from './harness/notification.js';
import { post } from './harness/post.js';
import { privatePostgres, privateRedis } from './harness/private-servers.js';
import { serviceAddress } from './harness/service-address.js';
import { storeAt } from './harness/store-at.js';
import { type SharedSettings, startNodes } from './harness/two-nodes.js';

type StoreName = 'redis' | 'postgres';
const servers = { redis: privateRedis, postgres: privatePostgres };
const partitions = 8;

/** Nodes over a store of this test's own, joined by Kafka, where what that does not take waits. */
async function started(
  kind: StoreName,
  names: readonly string[],
  topic: string,
  brokers = serviceAddress('KAFKA_BROKERS'),
) {
  const server = await servers[kind]();
  onTestFinished(() => server.stop());
  const settings: SharedSettings = {
    BROKER: 'kafka',
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC: topic,
    STORE: kind,
    WHEN_STORE_DOWN: 'log',
    DRAIN_WINDOW_MS: '0',
    ...(kind === 'redis' ? { REDIS_URL: server.url } : { POSTGRES_URL: server.url }),
  };
  const { nodes, stop } = await startNodes(names, settings);
  onTestFinished(stop);
  onTestFinished(() => server.goOn().catch(() => undefined));
  const store = storeAt(kind, server.url);
  onTestFinished(() => store.close());
  await store.start();
  return { server, store, nodes };
}

/** The shared Kafka with the topics of some nodes: what joins them, and the log. */
async function withTopics() {
  const topic = `${randomUUID().slice(0, 8)}-nodes`;
  const log = `${topic}.write-back`;
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  for (const each of [topic, log]) await kafka.createTopic(each, partitions);
  return { kafka, topic, log };
}

function writersAt(node: NodeProcess, count: number, pauseMs: number): readonly ChannelWriter[] {
  return Array.from({ length: count }, (_, i) => {
    const user = `${node.name}-${i}-${randomUUID().slice(0, 8)}`;
    // So many are kept of a channel.
    return new ChannelWriter({ base: node.base, user, pauseMs, limit: 900 });
  });
}

const more = (
  what: string,
  writers: readonly ChannelWriter[],
  count: (writer: ChannelWriter) => number,
  least = 20,
) => {
  const wanted = writers.map((writer) => count(writer) + least);
  return eventually(
    what,
    () => writers.every((each, i) => count(each) >= (wanted[i] ?? 0)),
    () => writers.map((each, i) => `${count(each)} of ${wanted[i]}`).join(),
  );
};

async function readiness(node: NodeProcess) {
  const answer = await fetch(`${node.base}/readyz`);
  return asObject(await answer.json(), 'readiness');
}

test.each([
  ['redis', 'kill9'],
  ['postgres', 'standStill'],
] as const)(
  'G6 %s away for 20 s under traffic (%s), one of three nodes killed with -9 meanwhile: what was accepted is there once, in order',
  async (kind, goAway) => {
    const { kafka, topic, log } = await withTopics();
    const { server, store, nodes } = await started(kind, ['A', 'B', 'C'], topic);
    const [a, b, c] = nodes;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes');
    const going = writersAt(c, 4, 40);
    const staying = [...writersAt(a, 4, 40), ...writersAt(b, 4, 40)];
    const writers = [...going, ...staying];
    await more('published before the outage', writers, ({ stored }) => stored);

    await server[goAway]();
    const outage = delay(20_000);
    await more('logged', writers, ({ buffered }) => buffered);
    await c.kill9();
    await more('logged after a node was killed', staying, ({ buffered }) => buffered);
    const { status, reasons } = await readiness(a);
    expect(status).toBe('degraded');
    const waiting = expect.stringMatching(
      /^write-back: \d+ channels wait for the replay of the log$/,
    );
    expect(reasons).toContainEqual(waiting);
    await outage;
    expect(await kafka.count(log)).toBeGreaterThan(500);
    await (goAway === 'kill9' ? server.restart() : server.goOn());
    await more('stored after the outage', staying, ({ stored }) => stored);

    for (const writer of writers) await writer.stop();
    for (const writer of going) expect(writer.lost).toBeDefined();
    for (const writer of staying) expect(writer.lost).toBeUndefined();
    await nothingIsWrong(writers, store);
    for (const node of [a, b]) {
      await node.assertHealthy();
      await eventually('it is ready', async () => (await readiness(node)).status === 'ok');
    }
  },
);

test('G6 the node that replays is killed with -9 in the middle of it, again and again: all is there once, in order', async () => {
  const { kafka, topic, log } = await withTopics();
  const { server, store, nodes } = await started('postgres', ['A', 'B'], topic);
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('two nodes');
  const writers = [...writersAt(a, 8, 5), ...writersAt(b, 8, 5)];
  await more('published before the outage', writers, ({ stored }) => stored);
  await server.standStill();
  await more('logged', writers, ({ buffered }) => buffered, 300);
  for (const writer of writers) await writer.stop();
  await b.kill9();
  const logged = await kafka.count(log);
  await server.goOn();

  const replayed = async (): Promise<number> => {
    const places = await kafka.committed(`${log}-replay`, log);
    return places.reduce((sum, place) => sum + Math.max(0, place), 0);
  };
  const inTheMiddle: number[] = [];
  for (let time = 0; time < 4; time += 1) {
    const before = await replayed();
    await eventually('the replay goes on', async () => (await replayed()) > before + 100);
    await a.kill9();
    inTheMiddle.push(await replayed());
    await a.restart();
  }
  expect(inTheMiddle.filter((count) => count < logged).length).toBe(4);
  await nothingIsWrong(writers, store);
  await a.assertHealthy();
});

test('Kafka away as well: refused at once with a code that says try again, and nothing that was accepted is lost', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-kafka-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const kafka = await launchKafka({ dir });
  onTestFinished(() => kafka.stop());
  const { server, store, nodes } = await started('redis', ['A'], 'nodes', kafka.brokers.join());
  const [node] = nodes;
  if (node === undefined) throw new Error('one node');
  const request = (n: number) => ({
    ...{ to: { user: 'u1' }, type: 'message', data: { text: String(n) } },
    idempotencyKey: `n-${n}`,
  });
  const notify = (n: number) => post(node.base, '/demo/notify', request(n));
  expect(await notify(0)).toMatchObject({ status: 202, body: { stored: true } });
  await server.kill9();
  for (const n of [1, 2]) {
    expect(await notify(n)).toMatchObject({ status: 202, body: { buffered: true } });
  }
  await Promise.all(kafka.nodes.map((each) => each.kill('SIGKILL')));
  for (const n of [3, 4]) {
    const message = expect.stringContaining('write-back log');
    const body = { code: 'STORE_UNAVAILABLE', message };
    expect(await notify(n)).toMatchObject({ status: 503, body });
  }
  expect((await readiness(node)).reasons).toContainEqual(
    expect.stringMatching(/^write-back: Kafka: producing to /),
  );
  await Promise.all(kafka.nodes.map((each) => each.restart()));
  await server.restart();
  for (const n of [3, 4]) {
    await eventually(`${n} is taken`, async () => (await notify(n)).status < 300);
  }
  // The link of this process comes back when it does.
  const there = () => numbersOf(store, 'u1').catch(() => []);
  await eventually('all are there', async () => (await there()).length >= 5);
  await eventually('it is ready', async () => (await readiness(node)).status === 'ok');
  expect(await there()).toEqual([0, 1, 2, 3, 4]);
  await node.assertHealthy();
});

/** Waits until every channel holds what was accepted, as it was accepted. */
async function nothingIsWrong(
  writers: readonly ChannelWriter[],
  store: Parameters<ChannelWriter['problems']>[0],
): Promise<void> {
  let problems: readonly string[] = [];
  await eventually(
    'all that was accepted is in the store, once and in order',
    async () => {
      problems = (await Promise.all(writers.map((each) => each.problems(store)))).flat();
      return problems.length === 0;
    },
    () => problems.join('\n'),
    { everyMs: 500 },
  );
}
