import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import type { Envelope } from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
import { RecordingTail, testClient } from './recording-tail.js';
import { TappedLinks } from './tapped-links.js';
import { createTopic, deleteTopic, freshTopic, kafkaBrokers, withAdmin } from './test-kafka.js';

const brokers = kafkaBrokers();

async function startNode(options: Omit<KafkaBrokerOptions, 'kafka'>, config?: KafkaConfig) {
  const sink = new RecordingSink();
  const broker = kafkaBroker({ kafka: config ?? { brokers }, ...options });
  onTestFinished(() => broker.close());
  await broker.start(sink);
  return { broker, sink };
}

async function twoTopics(): Promise<{ topic: string; bulk: string }> {
  const [topic, bulk] = [freshTopic('personal'), freshTopic('bulk')];
  await createTopic(brokers, topic, 1);
  await createTopic(brokers, bulk, 1);
  return { topic, bulk };
}

function many(channel: string, count: number, dataJson = '{}'): Envelope[] {
  return Array.from({ length: count }, (_, i) =>
    sampleEnvelope(channel, { offset: i + 1, dataJson }),
  );
}

test('groups and all travel on the bulk topic, users on the other, and both are read', async () => {
  const { topic, bulk } = await twoTopics();
  const tails = [topic, bulk].map((name) => new RecordingTail(testClient({ brokers }), name));
  await Promise.all(tails.map(({ tail }) => tail.ready));
  const { broker, sink } = await startNode({ topic, bulkTopic: { topic: bulk } });
  const channels = ['user:u1', 'group:g', 'all', 'user:all'];
  await broker.publish(channels.map((channel) => sampleEnvelope(channel)));
  await eventually(() => expect(sink.batches.flat()).toHaveLength(4));
  await eventually(() => expect(tails.flatMap(({ records }) => records)).toHaveLength(4));
  expect(tails.map(({ records }) => records.map(({ key }) => key?.toString()))).toEqual([
    ['user:u1', 'user:all'],
    ['group:g', 'all'],
  ]);
});

test('a flood of bulk that is stuck holds up nothing personal, and arrives in order later', async () => {
  const { topic, bulk } = await twoTopics();
  const options = { topic, bulkTopic: { topic: bulk }, maxPendingBytes: 30_000_000 };
  const links = new TappedLinks(brokers, [topic, bulk]);
  const stuck = await startNode(options, links.config);
  const other = await startNode(options);
  const flood = many('group:g', 1_000, `"${'x'.repeat(20_000)}"`);
  links.freeze(bulk);
  const fromOther = many('user:u1', 3);
  await other.broker.publish([...flood, ...fromOther]);
  await eventually(() => expect(stuck.sink.of('user:u1')).toEqual(fromOther));
  expect(stuck.sink.of('group:g')).toEqual([]);

  const answers: string[] = [];
  const own = { bulk: sampleEnvelope('all'), personal: sampleEnvelope('user:u2') };
  const publishing = stuck.broker.publish([own.bulk]).then(() => answers.push('bulk'));
  await stuck.broker.publish([own.personal]).then(() => answers.push('personal'));
  await eventually(() => expect(other.sink.of('user:u2')).toEqual([own.personal]));
  expect(answers).toEqual(['personal']);

  links.thaw();
  await publishing;
  await eventually(() => expect(stuck.sink.of('group:g')).toHaveLength(flood.length));
  expect(stuck.sink.idsOf('group:g')).toEqual(flood.map(({ id }) => id));
});

test('a bulk topic that is missing stops the start, or is made as its own plan says', async () => {
  const topic = freshTopic('personal');
  await createTopic(brokers, topic, 1);
  const bulk = freshTopic('bulk');
  const refused = startNode({ topic, bulkTopic: { topic: bulk } });
  await expect(refused).rejects.toMatchObject({
    code: 'BROKER_CONFIGURATION',
    message: expect.stringContaining(bulk),
  });
  onTestFinished(() => deleteTopic(brokers, bulk));
  const { broker, sink } = await startNode({
    topic,
    bulkTopic: { topic: bulk, channels: ['group:news'], createTopic: { partitions: 3 } },
  });
  await broker.publish([sampleEnvelope('group:news.de'), sampleEnvelope('group:other')]);
  await eventually(() => expect(sink.batches.flat()).toHaveLength(2));
  await withAdmin(brokers, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(bulk);
    expect(offsets).toHaveLength(3);
    expect(offsets.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(1);
  });
});
