import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import { type Broker, type Envelope, silentLogger } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
import { RecordingTail, testClient } from './recording-tail.js';
import { TappedLinks } from './tapped-links.js';
import {
  CuttableLinks,
  createTopic,
  deleteTopic,
  freshTopic,
  kafkaBrokers,
  plainKafka,
  withAdmin,
} from './test-kafka.js';

const brokers = kafkaBrokers();

interface Node {
  readonly broker: Broker;
  readonly sink: RecordingSink;
  readonly complaints: readonly object[];
}

async function startNode(
  nodeId: string | undefined,
  options: Omit<KafkaBrokerOptions, 'kafka'> & Partial<Pick<KafkaBrokerOptions, 'kafka'>>,
  publishOnly = false,
): Promise<Node> {
  const sink = new RecordingSink();
  const complaints: object[] = [];
  const complain = (facts: object): void => void complaints.push(facts);
  const logger = { ...silentLogger, warn: complain, error: complain };
  const broker = kafkaBroker({ kafka: { brokers }, routing: 'directed', logger, ...options });
  onTestFinished(() => broker.close());
  await broker.start(sink, { nodeId, publishOnly });
  return { broker, sink, complaints };
}

/** Both Kafka topics of nodes with directed routing. */
async function twoTopics(partitions: number): Promise<{ topic: string; direct: string }> {
  const topic = freshTopic('directed');
  const direct = `${topic}.direct`;
  await createTopic(brokers, topic, 1);
  await createTopic(brokers, direct, partitions);
  return { topic, direct };
}

function many(channel: string, count: number): Envelope[] {
  return Array.from({ length: count }, (_, i) => sampleEnvelope(channel, { offset: i + 1 }));
}

async function send({ broker }: Node, nodeIds: readonly string[], envelopes: readonly Envelope[]) {
  if (broker.publishTo === undefined) throw new Error('the broker sends to no certain nodes');
  await broker.publishTo(envelopes.map((envelope) => ({ envelope, nodeIds })));
}

test.each([
  ['one partition, which all nodes share', 1],
  ['32 partitions', 32],
])(
  '%s: what is sent reaches the nodes named, in order, at once after start, and no other',
  async (_, partitions) => {
    const { topic, direct } = await twoTopics(partitions);
    const fanOut = new RecordingTail(testClient({ brokers }), topic);
    const written = new RecordingTail(testClient({ brokers }), direct);
    await Promise.all([fanOut.tail.ready, written.tail.ready]);
    const a = await startNode('a', { topic });
    const [b, c, d] = await Promise.all(['b', 'ü {c}', 'd'].map((id) => startNode(id, { topic })));
    if (b === undefined || c === undefined || d === undefined)
      throw new Error('three were started');
    const [toB, toBoth] = [many('user:b', 100), many('user:both', 100)];
    await send(a, ['b'], toB);
    await send(a, ['b', 'ü {c}', 'gone'], toBoth);
    const last = sampleEnvelope('all');
    await a.broker.publish([last]);
    for (const { sink } of [b, c, d]) {
      await eventually(() => expect(sink.of('all')).toEqual([last]));
    }
    await eventually(() => expect(c.sink.of('user:both')).toEqual(toBoth));
    await eventually(() => expect(b.sink.of('user:both')).toEqual(toBoth));
    expect(b.sink.of('user:b')).toEqual(toB);
    expect(c.sink.of('user:b')).toEqual([]);
    expect(d.sink.batches.flat()).toEqual([last]);
    // One record for each envelope and node, none of them where everybody reads.
    await eventually(() => expect(written.records).toHaveLength(400));
    // The last record of a topic with one partition: whatever else was sent there would be before it.
    await eventually(() => expect(fanOut.records).not.toHaveLength(0));
    expect(fanOut.records).toHaveLength(1);
    for (const { sink, complaints } of [a, b, c, d]) {
      expect(sink.calls).toEqual(['up']);
      expect(complaints).toEqual([]);
    }
  },
);

test('nothing from before the start comes, and nothing for a node of that name that is gone', async () => {
  const { topic } = await twoTopics(4);
  const a = await startNode('a', { topic });
  const former = await startNode('b', { topic });
  await send(a, ['b'], many('user:b', 10));
  await former.broker.close();
  await send(a, ['b'], many('user:b', 10));
  const b = await startNode('b', { topic });
  const [now] = many('user:b', 1);
  if (now !== undefined) await send(a, ['b'], [now]);
  await eventually(() => expect(b.sink.batches.flat()).toEqual([now]));
});

test('a node that only publishes needs no id, sends, and asks for nothing to read', async () => {
  const { topic } = await twoTopics(4);
  const links = new TappedLinks(brokers, []);
  const b = await startNode('b', { topic });
  const batch = await startNode(undefined, { topic, kafka: links.config }, true);
  const sent = many('user:b', 3);
  await send(batch, ['b'], sent);
  await eventually(() => expect(b.sink.batches.flat()).toEqual(sent));
  const fetchKey = 1;
  expect(links.apiKeys).not.toContain(fetchKey);
  expect(batch.sink.calls).toEqual(['up']);
});

test('a node that receives must say its id: start rejects without one, and opens nothing', async () => {
  const links = new TappedLinks(brokers, []);
  const refused = startNode(undefined, { topic: 'any', kafka: links.config });
  await expect(refused).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    message: expect.stringContaining('nodeId'),
  });
  expect(links.apiKeys.size).toBe(0);
});

test('links cut: told to resync, then what is sent arrives; the sender is refused at once while Kafka is away', async () => {
  const { topic } = await twoTopics(4);
  const [linksOfA, linksOfB] = [new CuttableLinks(brokers), new CuttableLinks(brokers)];
  const a = await startNode('a', { topic, kafka: linksOfA.config });
  const b = await startNode('b', { topic, kafka: linksOfB.config });
  linksOfB.hold();
  await eventually(() => expect(b.sink.states.at(-1)).toMatchObject({ state: 'down' }));
  const meanwhile = many('user:b', 5);
  await send(a, ['b'], meanwhile);
  linksOfB.release();
  await eventually(() => expect(b.sink.states.at(-1)).toEqual({ state: 'up' }));
  expect(b.sink.calls).toContain('resync');
  expect(b.sink.calls.indexOf('resync')).toBeLessThan(b.sink.calls.lastIndexOf('up'));
  // More than is promised: reading goes on where it was.
  await eventually(() => expect(b.sink.batches.flat()).toEqual(meanwhile));

  linksOfA.hold();
  await eventually(() => expect(a.sink.states.at(-1)).toMatchObject({ state: 'down' }));
  const unavailable = { code: 'BROKER_UNAVAILABLE', retryable: true };
  await expect(send(a, ['b'], many('user:b', 1))).rejects.toMatchObject(unavailable);
  linksOfA.release();
  await eventually(() => expect(a.sink.states.at(-1)).toEqual({ state: 'up' }));
  const after = many('user:c', 2);
  await send(a, ['b'], after);
  await eventually(() => expect(b.sink.of('user:c')).toEqual(after));
});

test('partitions added later: what is sent goes on arriving', async () => {
  const { topic, direct } = await twoTopics(1);
  const options = { topic, layoutMaxAgeMs: 300 };
  const a = await startNode('a', options);
  const unaware = await startNode('unaware', { topic, layoutMaxAgeMs: 3_600_000 });
  const nodes = await Promise.all(
    Array.from(
      { length: 6 },
      async (_, i) => [`n${i}`, await startNode(`n${i}`, options)] as const,
    ),
  );
  const ids = nodes.map(([id]) => id);
  for (const sender of [a, unaware]) await send(sender, ids, many('user:1', 5));
  await withAdmin(brokers, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: direct, count: 7 }] }),
  );
  const written = new RecordingTail(testClient({ brokers }, { layoutMaxAgeMs: 300 }), direct);
  await written.tail.ready;
  let sent = 10;
  await eventually(async () => {
    sent += 1;
    await send(a, ids, [sampleEnvelope('user:1', { offset: sent })]);
    expect(new Set(written.records.map(({ partition }) => partition)).size).toBeGreaterThan(2);
  });
  for (const [, { sink }] of nodes) {
    await eventually(() => expect(sink.of('user:1')).toHaveLength(sent));
    expect(sink.calls).toEqual(['up']);
  }
  // They read where the new records are, and still where those send who have not heard of it.
  const last = sampleEnvelope('user:3');
  await send(unaware, ids, [last]);
  for (const [, { sink }] of nodes) {
    await eventually(() => expect(sink.of('user:3')).toEqual([last]));
  }
  // Who starts now reads where those send who have heard of the partitions.
  const late = await startNode('n6', options);
  const envelope = sampleEnvelope('user:2');
  await send(a, ['n6'], [envelope]);
  await eventually(() => expect(late.sink.batches.flat()).toEqual([envelope]));
});

test('with a group for what everybody reads, what is for one node is read without', async () => {
  const { topic, direct } = await twoTopics(4);
  const a = await startNode('a', { topic });
  const b = await startNode('b', { topic, tail: 'group' });
  const { groups } = await withAdmin(brokers, (admin) => admin.listGroups());
  const ours = groups.filter(({ groupId }) => groupId.includes(topic));
  expect(ours).toHaveLength(1);
  expect(ours[0]?.groupId).not.toContain(direct);
  const [own, shared] = [sampleEnvelope('user:b'), sampleEnvelope('all')];
  await send(a, ['b'], [own]);
  await a.broker.publish([shared]);
  await eventually(() => expect(b.sink.of('user:b')).toEqual([own]));
  await eventually(() => expect(b.sink.of('all')).toEqual([shared]));
});

test('the direct topic is made as allowed, or its lack stops the start', async () => {
  const topic = freshTopic('directed');
  await createTopic(brokers, topic, 1);
  await expect(startNode('a', { topic })).rejects.toMatchObject({
    code: 'BROKER_CONFIGURATION',
    message: expect.stringContaining(`${topic}.direct`),
  });
  const direct = freshTopic('other-direct');
  onTestFinished(() => deleteTopic(brokers, direct));
  const directTopic = { topic: direct, partitions: 5 };
  await startNode('a', {
    topic,
    directTopic,
    createTopic: { partitions: 3, retentionMs: 600_000 },
  });
  await withAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [direct] });
    expect(topics[0]?.partitions).toHaveLength(5);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: direct, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('600000');
  });
});

test('records of others on the direct topic are dropped with a line each', async () => {
  const { topic, direct } = await twoTopics(1);
  const [a, b] = [await startNode('a', { topic }), await startNode('b', { topic })];
  const producer = plainKafka(brokers).producer();
  await producer.connect();
  const messages = [
    { key: 'user:b', value: '{}', headers: { to: 'b', id: 'no uuid' } },
    // An envelope in all but that it is for nobody.
    { key: 'user:b', value: '{}', headers: { id: crypto.randomUUID(), type: 't', time: '1' } },
  ];
  await producer.send({ topic: direct, messages });
  await producer.disconnect();
  const sent = many('user:b', 1);
  await send(a, ['b'], sent);
  await eventually(() => expect(b.sink.batches.flat()).toEqual(sent));
  const dropped = (offset: number) => expect.objectContaining({ topic: direct, offset });
  expect(b.complaints).toEqual([dropped(0), dropped(1)]);
});
