import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import type { Broker } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
import { privateKafka } from './private-kafka.js';
import { numbered, RecordingTail, testClient } from './recording-tail.js';

const plan = { partitions: 6, replication: 3, retentionMs: 3_600_000 };

function directedNode(kafka: KafkaBrokerOptions['kafka']): Broker {
  const createTopic = { partitions: 6, replication: 3 };
  const broker = kafkaBroker({ kafka, topic: 'nodes', createTopic, routing: 'directed' });
  onTestFinished(() => broker.close());
  return broker;
}

test('three nodes, each leader killed in turn under traffic: nothing lost, order kept, named nodes are reached', async () => {
  const kafka = await privateKafka(3);
  const config = { brokers: [...kafka.brokers] };
  const writer = testClient(config, { produceTimeoutMs: 60_000 });
  await writer.ensureTopic('traffic', plan);
  const read = new RecordingTail(testClient(config), 'traffic');
  await read.tail.ready;
  const [sender, named] = [directedNode(config), directedNode(config)];
  const sink = new RecordingSink();
  await sender.start(new RecordingSink(), { nodeId: 'sender' });
  await named.start(sink, { nodeId: 'named' });
  let sent = 0;
  for (const node of kafka.nodes) {
    await node.kill('SIGKILL');
    // Waits for a new leader by itself.
    for (const until = sent + 600; sent < until; sent += 60) {
      await writer.produce('traffic', numbered(sent, 60), { patient: true });
    }
    await eventually(() => expect(new Set(read.values).size).toBe(sent), 60_000);
    const envelope = sampleEnvelope(`user:${node.id}`);
    const send = () => sender.publishTo?.([{ envelope, nodeIds: ['named'] }]);
    // Refused while the leader is missing; what was refused may have arrived all the same.
    await eventually(send, 60_000);
    await eventually(() => expect(sink.of(`user:${node.id}`)).toContainEqual(envelope), 60_000);
    await node.restart();
  }
  expect(read.inOrder).toBe(true);
  expect(read.events).toContain('resync');
  await eventually(() => expect(read.events.at(-1)).toBe('up'));
}, 300_000);

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
