import { eventually } from '@realtime-notify/contract-kit';
import { silentLogger } from '@realtime-notify/core';
import { CompressionTypes } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { numbered, RecordingTail, testClient } from './recording-tail.js';
import {
  CuttableLinks,
  createTopic,
  freshTopic,
  kafkaBrokers,
  plainKafka,
  withAdmin,
} from './test-kafka.js';

const brokers = kafkaBrokers();
const patient = { patient: true };

test('ready: what is produced from then on is read, nothing from before', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 4);
  const client = testClient({ brokers });
  await client.produce(topic, numbered(0, 50), patient);
  const read = new RecordingTail(client, topic);
  await read.tail.ready;
  await client.produce(topic, numbered(50, 300), patient);
  await eventually(() => expect(read.records).toHaveLength(300));
  expect(Math.min(...read.values.map(Number))).toBe(50);
  expect(read.inOrder).toBe(true);
  expect(read.events).toEqual(['up']);
});

test('keys, headers, timestamps and gzip are read as kafkajs wrote them', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const read = new RecordingTail(testClient({ brokers }), topic);
  await read.tail.ready;
  const producer = plainKafka(brokers).producer();
  await producer.connect();
  const message = {
    key: 'ü',
    value: 'v',
    headers: { a: ['1', '2'], b: 'ß' },
    timestamp: '1234567',
  };
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    const messages = [message, { key: null, value: null }];
    await producer.send({ topic, compression, messages });
  }
  await producer.disconnect();
  await eventually(() => expect(read.records).toHaveLength(4));
  for (const index of [0, 2]) {
    const record = read.records[index];
    expect(record).toMatchObject({ offset: index, partition: 0, timestamp: 1_234_567 });
    expect(record?.key?.toString()).toBe('ü');
    expect([...(record?.headers ?? [])].map(([name, bytes]) => `${name}=${bytes}`)).toEqual([
      'a=2',
      'b=ß',
    ]);
    expect(read.records[index + 1]).toMatchObject({ key: null, value: null });
  }
});

test('records deleted before they were read: on from the end, and resync is called', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const links = new CuttableLinks(brokers);
  const read = new RecordingTail(testClient(links.config), topic);
  await read.tail.ready;
  links.hold();
  const writer = testClient({ brokers });
  await writer.produce(topic, numbered(0, 50), patient);
  const partitions = [{ partition: 0, offset: '40' }];
  await withAdmin(brokers, async (admin) => {
    // Without it kafkajs does not know the leader to ask.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions });
  });
  await eventually(() => expect(read.events.at(-1)).toBe('down'));
  links.release();
  await eventually(() => expect(read.events).toEqual(['up', 'down', 'resync', 'up']));
  await writer.produce(topic, numbered(50, 10), patient);
  await eventually(() => expect(read.values).toContain('59'));
  expect(read.values).not.toContain('39');
});

test('a Kafka topic made anew is read from then on, and resync is called', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const links = new CuttableLinks(brokers);
  const read = new RecordingTail(testClient(links.config), topic);
  await read.tail.ready;
  const writer = testClient({ brokers });
  await writer.produce(topic, numbered(0, 20), patient);
  await eventually(() => expect(read.records).toHaveLength(20));
  await withAdmin(brokers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    // Until the old one is gone Kafka says that it exists.
    await eventually(async () => {
      const topics = [{ topic, numPartitions: 1 }];
      expect(await admin.createTopics({ waitForLeaders: false, topics })).toBe(true);
    });
  });
  await eventually(() => expect(read.events).toContain('resync'));
  await eventually(() => expect(read.events.at(-1)).toBe('up'));
  await writer.produce(topic, numbered(100, 20), patient);
  await eventually(() => expect(read.values).toContain('119'));
});

test('partitions added later are read from their first record', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1);
  const read = new RecordingTail(testClient({ brokers }, { layoutMaxAgeMs: 300 }), topic);
  await read.tail.ready;
  await withAdmin(brokers, async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] });
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      expect(topics[0]?.partitions).toHaveLength(6);
    });
  });
  // A new client knows the new partitions, most likely before the tail does.
  const writer = testClient({ brokers });
  await writer.produce(topic, numbered(0, 200), patient);
  await eventually(() => expect(read.records).toHaveLength(200));
  expect(new Set(read.records.map(({ partition }) => partition)).size).toBe(6);
  expect(read.inOrder).toBe(true);
});

test('a missing Kafka topic: a clear error, or it is made, and read once it is there', async () => {
  const topic = freshTopic();
  const client = testClient({ brokers });
  await expect(client.ensureTopic(topic, undefined)).rejects.toMatchObject({
    code: 'BROKER_CONFIGURATION',
    message: expect.stringContaining(`${topic} does not exist`),
  });
  const read = new RecordingTail(client, topic);
  await eventually(() => expect(read.errors).toEqual(['BROKER_CONFIGURATION']));
  await createTopic(brokers, topic, 3);
  await read.tail.ready;
  await client.produce(topic, numbered(0, 30), patient);
  await eventually(() => expect(read.records).toHaveLength(30));
  expect(read.events).toEqual(['down', 'resync', 'up']);
});

test('a Kafka topic is made as planned, also by several clients at once', async () => {
  const topic = freshTopic();
  const plan = { partitions: 5, replication: 1, retentionMs: 7_200_000 };
  const clients = [1, 2, 3].map(() => testClient({ brokers }));
  await Promise.all(clients.map((client) => client.ensureTopic(topic, plan)));
  await withAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]?.partitions).toHaveLength(5);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('7200000');
    await admin.deleteTopics({ topics: [topic] });
  });
});

test('a codec that kafkajs does not know: its records are passed with a log line, others are read', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 1, { 'compression.type': 'zstd' });
  const lines: object[] = [];
  const logger = { ...silentLogger, error: (facts: object) => lines.push(facts) };
  const client = testClient({ brokers }, { logger });
  const read = new RecordingTail(client, topic);
  await read.tail.ready;
  await client.produce(topic, numbered(0, 5), patient);
  await eventually(() =>
    expect(lines).toEqual([expect.objectContaining({ topic, offset: 0, codec: 4 })]),
  );
  await withAdmin(brokers, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: topic, configEntries: [{ name: 'compression.type', value: 'producer' }] },
      ],
    }),
  );
  await eventually(async () => {
    await client.produce(topic, numbered(5, 1), patient);
    expect(read.values).toContain('5');
  });
});

test('links cut again and again: nothing is lost and nothing is read twice', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 4);
  const links = new CuttableLinks(brokers);
  const read = new RecordingTail(testClient(links.config), topic);
  await read.tail.ready;
  const writer = testClient({ brokers });
  for (let round = 0; round < 10; round += 1) {
    links.cut();
    await writer.produce(topic, numbered(round * 100, 100), patient);
    await eventually(() => expect(read.records).toHaveLength(100 * (round + 1)));
  }
  expect(read.inOrder).toBe(true);
  expect(read.events).toContain('resync');
});

test('an idle tail leaves the processor alone', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 4);
  const client = testClient({ brokers });
  const read = new RecordingTail(client, topic);
  await read.tail.ready;
  await client.produce(topic, numbered(0, 10), patient);
  await eventually(() => expect(read.records).toHaveLength(10));
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await read.tail.probe();
  await read.tail.probe();
  // About a second. kafkajs as it is makes some 900 timers a second for each of its connections.
  expect(timers.mock.calls.length).toBeLessThan(20);
  timers.mockRestore();
});

test('a probe says why nothing is read, also before the link counts as down', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 2);
  const links = new CuttableLinks(brokers);
  const read = new RecordingTail(testClient({ ...links.config, requestTimeout: 1_000 }), topic);
  await read.tail.ready;
  await read.tail.probe();
  links.silence();
  const said = new Set<string>();
  const probes: Promise<unknown>[] = [];
  await eventually(() => {
    // Some of them are answered late, others at once.
    probes.push(read.tail.probe().catch((error: Error) => said.add(error.message)));
    expect(read.events).toContain('down');
  });
  await Promise.all(probes);
  expect([...said].join('\n')).toMatch(/timed out/);
  expect([...said].join('\n')).not.toContain('nothing is read yet');
});

test('a link that is open and dead is given up after requestTimeout', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 2);
  const links = new CuttableLinks(brokers);
  const client = testClient({ ...links.config, requestTimeout: 1_500 });
  const read = new RecordingTail(client, topic);
  await read.tail.ready;
  links.freeze();
  await testClient({ brokers }).produce(topic, numbered(0, 10), patient);
  await eventually(() => expect(read.records).toHaveLength(10));
  expect(read.events).toContain('resync');
});
