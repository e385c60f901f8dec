import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { kafkaBroker } from '../src/index.js';
import { privateKafka } from './private-kafka.js';
import { numbered, RecordingTail, testClient } from './recording-tail.js';

const plan = { partitions: 6, replication: 3, retentionMs: 3_600_000 };

test('three nodes, each leader killed in turn under traffic: nothing lost, order kept', async () => {
  const kafka = await privateKafka(3);
  const config = { brokers: [...kafka.brokers] };
  const writer = testClient(config, { produceTimeoutMs: 60_000 });
  await writer.ensureTopic('traffic', plan);
  const read = new RecordingTail(testClient(config), 'traffic');
  await read.tail.ready;
  let sent = 0;
  for (const node of kafka.nodes) {
    await node.kill('SIGKILL');
    // Waits for a new leader by itself.
    for (const until = sent + 600; sent < until; sent += 60) {
      await writer.produce('traffic', numbered(sent, 60), { patient: true });
    }
    await eventually(() => expect(new Set(read.values).size).toBe(sent), 60_000);
    await node.restart();
  }
  expect(read.inOrder).toBe(true);
  expect(read.events).toContain('resync');
  await eventually(() => expect(read.events.at(-1)).toBe('up'));
}, 240_000);

test.each(['partitions', 'group'] as const)(
  'tail %s: the only node killed and started again: calls reject at once meanwhile, then resync',
  async (tail) => {
    const kafka = await privateKafka(1);
    const [node] = kafka.nodes;
    const options = {
      kafka: { brokers: [...kafka.brokers] },
      topic: 'nodes',
      tail,
      createTopic: {},
    };
    const [a, b] = [new RecordingSink(), new RecordingSink()];
    const brokers = [kafkaBroker(options), kafkaBroker(options)] as const;
    await Promise.all([brokers[0].start(a), brokers[1].start(b)]);
    await node?.kill('SIGKILL');
    for (const sink of [a, b]) {
      await eventually(() => expect(sink.states.at(-1)).toMatchObject({ state: 'down' }));
    }
    const refused = brokers[0].publish([sampleEnvelope('user:1')]).catch((error: unknown) => error);
    // At once: before the event loop turns, so before anything could have been asked of Kafka.
    const first = await Promise.race([refused, new Promise((resolve) => setImmediate(resolve))]);
    expect(first).toMatchObject({ code: 'BROKER_UNAVAILABLE', retryable: true });
    await node?.restart();
    for (const sink of [a, b]) {
      await eventually(() => expect(sink.calls).toEqual(['up', 'down', 'resync', 'up']));
    }
    const envelope = sampleEnvelope('user:1', { offset: 2 });
    await brokers[0].publish([envelope]);
    await eventually(() => expect(b.idsOf('user:1')).toEqual([envelope.id]));
    await Promise.all(brokers.map((broker) => broker.close()));
  },
  180_000,
);
