import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import { silentLogger } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
import { newNodeGroup } from '../src/node-group.js';
import { numbered, RecordingTail, testClient } from './recording-tail.js';
import { CuttableLinks, createTopic, freshTopic, kafkaBrokers, withAdmin } from './test-kafka.js';

const brokers = kafkaBrokers();
const patient = { patient: true };

/** The groups of this cluster whose names hold the name of a Kafka topic. */
async function groupsOf(topic: string): Promise<string[]> {
  const { groups } = await withAdmin(brokers, (admin) => admin.listGroups());
  return groups.map(({ groupId }) => groupId).filter((groupId) => groupId.includes(topic));
}

async function memberCount(groupId: string): Promise<number> {
  const { groups } = await withAdmin(brokers, (admin) => admin.describeGroups([groupId]));
  return groups[0]?.members.length ?? 0;
}

async function startNode(topic: string, options: Partial<KafkaBrokerOptions> = {}) {
  const sink = new RecordingSink();
  const broker = kafkaBroker({ kafka: { brokers }, topic, tail: 'group', ...options });
  onTestFinished(() => broker.close());
  await broker.start(sink);
  return { broker, sink };
}

test('its place is committed when start has resolved, and its group is gone when it is closed', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 2);
  const client = testClient({ brokers });
  await client.produce(topic, numbered(0, 100), patient);
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (facts: object) => lines.push(facts) };
  const { broker, sink } = await startNode(topic, { logger });
  const [groupId = ''] = await groupsOf(topic);
  const [committed, ends] = await withAdmin(brokers, async (admin) => [
    await admin.fetchOffsets({ groupId, topics: [topic] }),
    await admin.fetchTopicOffsets(topic),
  ]);
  const placeOf = (each: { partition: number; offset: string }) =>
    `${each.partition}:${each.offset}`;
  expect(committed[0]?.partitions.map(placeOf).sort()).toEqual(ends.map(placeOf).sort());
  const envelope = sampleEnvelope('user:1');
  await broker.publish([envelope]);
  await eventually(() => expect(sink.batches.flat()).toEqual([envelope]));
  // What was there before is not read: it is no envelope, and would be logged.
  expect(lines).toEqual([]);
  await broker.close();
  expect(await groupsOf(topic)).toEqual([]);
});

test('out of the group and the group deleted meanwhile: nothing is lost, nothing comes twice', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 4);
  const links = new CuttableLinks(brokers);
  const groupId = newNodeGroup('test', topic);
  const read = new RecordingTail(testClient(links.config), topic, undefined, groupId);
  await read.tail.ready;
  const writer = testClient({ brokers });
  await writer.produce(topic, numbered(0, 100), patient);
  await eventually(() => expect(read.records).toHaveLength(100));
  links.hold();
  await eventually(() => expect(read.events.at(-1)).toBe('down'));
  await writer.produce(topic, numbered(100, 100), patient);
  await eventually(async () => expect(await memberCount(groupId)).toBe(0));
  await withAdmin(brokers, (admin) => admin.deleteGroups([groupId]));
  links.release();
  await eventually(() => expect(read.records).toHaveLength(200));
  await eventually(() => expect(read.events.slice(0, 4)).toEqual(['up', 'down', 'resync', 'up']));
  expect(read.inOrder).toBe(true);
});

test('links cut again and again: nothing is lost and nothing is read twice', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 4);
  const links = new CuttableLinks(brokers);
  const groupId = newNodeGroup('test', topic);
  const read = new RecordingTail(testClient(links.config), topic, undefined, groupId);
  await read.tail.ready;
  const writer = testClient({ brokers });
  for (let round = 0; round < 5; round += 1) {
    links.cut();
    await writer.produce(topic, numbered(round * 100, 100), patient);
    await eventually(() => expect(read.records).toHaveLength(100 * (round + 1)));
  }
  expect(read.inOrder).toBe(true);
  expect(read.events).toContain('resync');
});

test('partitions added later are read from their first record, the others from where they were', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const client = testClient({ brokers }, { layoutMaxAgeMs: 300 });
  const read = new RecordingTail(client, topic, undefined, newNodeGroup('test', topic));
  await read.tail.ready;
  await testClient({ brokers }).produce(topic, numbered(0, 50), patient);
  await eventually(() => expect(read.records).toHaveLength(50));
  // Makes kafkajs join again, most likely before these places were committed.
  await withAdmin(brokers, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] }),
  );
  await testClient({ brokers }).produce(topic, numbered(50, 200), patient);
  await eventually(() => expect(new Set(read.values).size).toBe(250));
  expect(new Set(read.records.map(({ partition }) => partition)).size).toBe(6);
  expect(read.inOrder).toBe(true);
  expect(read.events).toEqual(['up']);
});

test('a Kafka topic made anew is read, and resync is called', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const links = new CuttableLinks(brokers);
  const groupId = newNodeGroup('test', topic);
  const read = new RecordingTail(testClient(links.config), topic, undefined, groupId);
  await read.tail.ready;
  const writer = testClient({ brokers });
  await writer.produce(topic, numbered(0, 20), patient);
  await eventually(() => expect(read.records).toHaveLength(20));
  await withAdmin(brokers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    await eventually(async () => {
      const topics = [{ topic, numPartitions: 1 }];
      expect(await admin.createTopics({ waitForLeaders: false, topics })).toBe(true);
    });
  });
  // Fewer than before, so that its place is outside the new log.
  await writer.produce(topic, numbered(100, 5), patient);
  await eventually(() => expect(read.values).toContain('104'));
  expect(read.events).toContain('resync');
});

test('20 nodes started and killed: the janitor deletes the groups of nodes that died, and no others', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const ours = `realtime-notify.${topic}`;
  const foreign = [
    `other.${topic}`,
    `${ours}.orders`,
    newNodeGroup('realtime-notify', `${topic}.x`),
  ];
  await withAdmin(brokers, async (admin) => {
    for (const groupId of foreign) {
      // Makes a group that has no members.
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] });
    }
  });
  onTestFinished(async () => {
    await withAdmin(brokers, (admin) => admin.deleteGroups(foreign));
  });
  const links = new CuttableLinks(brokers);
  const lost = await startNode(topic, { kafka: links.config, janitorIntervalMs: false });
  for (let killed = 0; killed < 20; killed += 4) {
    const child = await startChild(topic, 4);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const dead = (await groupsOf(ours)).filter((groupId) => !foreign.includes(groupId));
  expect(dead).toHaveLength(21);
  const died = performance.now();
  links.hold();
  await eventually(() => expect(lost.sink.states.at(-1)).toMatchObject({ state: 'down' }));
  await lost.broker.close();

  const living = await startNode(topic, { janitorIntervalMs: 500 });
  const other = await startNode(topic, { janitorIntervalMs: 700 });
  const left = async () => (await groupsOf(topic)).filter((groupId) => !foreign.includes(groupId));
  expect((await left()).length).toBeGreaterThan(2);
  await eventually(async () => expect(await left()).toHaveLength(2));
  const tookMs = performance.now() - died;
  console.log(
    `janitor: ${dead.length} groups of nodes that died, gone ${(tookMs / 1_000).toFixed(1)} s after the last kill, looking every 0.5 to 0.7 s`,
  );
  expect((await left()).filter((groupId) => dead.includes(groupId))).toEqual([]);
  for (const groupId of await left()) expect(await memberCount(groupId)).toBe(1);
  expect((await groupsOf(topic)).filter((groupId) => foreign.includes(groupId))).toHaveLength(3);
  const envelope = sampleEnvelope('user:1');
  await other.broker.publish([envelope]);
  await eventually(() => expect(living.sink.batches.flat()).toEqual([envelope]));
  expect(living.sink.calls).toEqual(['up']);
}, 120_000);

/** Nodes in a process of their own. */
async function startChild(topic: string, nodes: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./dying-nodes.ts', import.meta.url));
  const conditions = '--conditions=@realtime-notify/source';
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', conditions, program, brokers.join(','), topic, String(nodes)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}
