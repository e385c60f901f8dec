import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
import { TappedLinks } from './tapped-links.js';
import { CuttableLinks, createTopic, freshTopic, kafkaBrokers } from './test-kafka.js';

const brokers = kafkaBrokers();
const fetchKey = 1;
const groupKeys = [8, 9, 10, 11, 12];
const produceKey = 0;

async function startNode(options: KafkaBrokerOptions, publishOnly = false) {
  const sink = new RecordingSink();
  const broker = kafkaBroker(options);
  onTestFinished(() => broker.close());
  await broker.start(sink, { publishOnly });
  return { broker, sink };
}

test.each(['partitions', 'group'] as const)(
  'tail %s: a node that only publishes asks for nothing to read and joins no group',
  async (tail) => {
    const [topic, bulk] = [freshTopic(), freshTopic('bulk')];
    await createTopic(brokers, topic, 2);
    await createTopic(brokers, bulk, 2);
    const links = new TappedLinks(brokers, []);
    const options = { topic, tail, bulkTopic: { topic: bulk } };
    const follower = await startNode({ ...options, kafka: { brokers } });
    const { broker, sink } = await startNode({ ...options, kafka: links.config }, true);
    const sent = [sampleEnvelope('user:u1'), sampleEnvelope('all')];
    await broker.publish(sent);
    await eventually(() => expect(follower.sink.batches.flat()).toHaveLength(2));
    await broker.probe();
    await broker.unsubscribe(['user:u1']);
    const refused = { code: 'PUBLISH_ONLY', retryable: false };
    await expect(broker.subscribe(['user:u1'])).rejects.toMatchObject(refused);
    expect(links.apiKeys).toContain(produceKey);
    for (const key of [fetchKey, ...groupKeys]) expect(links.apiKeys).not.toContain(key);
    expect(sink.batches).toEqual([]);
    expect(sink.calls).toEqual(['up']);
  },
);

test('its state follows the link at once when a publish fails, and when Kafka is back', async () => {
  const topic = freshTopic();
  await createTopic(brokers, topic, 2);
  const links = new CuttableLinks(brokers);
  // Looks by itself much later than this test takes.
  const options = { kafka: links.config, topic, layoutMaxAgeMs: 3_600_000, publishTimeoutMs: 500 };
  const { broker, sink } = await startNode(options, true);
  links.hold();
  const unavailable = { code: 'BROKER_UNAVAILABLE' };
  await expect(broker.publish([sampleEnvelope('user:u1')])).rejects.toMatchObject(unavailable);
  await eventually(() => expect(sink.states.at(-1)).toMatchObject({ state: 'down' }));
  await expect(broker.probe()).rejects.toMatchObject(unavailable);
  links.release();
  await eventually(() => expect(sink.calls).toEqual(['up', 'down', 'up']));
  await broker.publish([sampleEnvelope('user:u1')]);
});

test('a missing Kafka topic stops the start', async () => {
  const topic = freshTopic();
  const refused = startNode({ kafka: { brokers }, topic }, true);
  await expect(refused).rejects.toMatchObject({ code: 'BROKER_CONFIGURATION' });
});

test('closed while it starts: start rejects, nothing is left', async () => {
  const broker = kafkaBroker({ kafka: { brokers: ['127.0.0.1:1'] }, topic: 'any' });
  const refused = { code: 'CLOSED' };
  const starting = expect(broker.start(new RecordingSink())).rejects.toMatchObject(refused);
  await broker.close();
  await starting;
});
