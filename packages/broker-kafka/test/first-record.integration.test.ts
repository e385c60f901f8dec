import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import type { Envelope } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
import { createTopic, freshTopic, kafkaBrokers } from './test-kafka.js';

const atOnce = 4;

const variants: readonly (readonly [string, number, Partial<KafkaBrokerOptions>])[] = [
  ['as it is', 200, {}],
  ['directed, on both Kafka topics', 200, { routing: 'directed' }],
  ['tail by group', 20, { tail: 'group' }],
];

test.each(variants)(
  'a record of the first millisecond after start is seen, and none from before: %s, %i starts',
  async (name, starts, variant) => {
    const topic = freshTopic('first');
    await createTopic(kafkaBrokers(), topic, 8);
    if (variant.routing === 'directed') await createTopic(kafkaBrokers(), `${topic}.direct`, 8);
    const options = { ...variant, kafka: { brokers: kafkaBrokers() }, topic };
    const publisher = kafkaBroker(options);
    onTestFinished(() => publisher.close());
    await publisher.start(new RecordingSink(), { publishOnly: true });
    const publish = async (n: number, envelopes: readonly Envelope[]): Promise<void> => {
      await publisher.publishTo?.(
        envelopes.map((each) => ({ envelope: each, nodeIds: [`n${n}`] })),
      );
      await publisher.publish(envelopes);
    };

    const took: number[] = [];
    let seen = 0;
    const startOne = async (n: number): Promise<void> => {
      const channel = `user:${n}`;
      const [before, first] = [sampleEnvelope(channel), sampleEnvelope(channel, { offset: 2 })];
      await publish(n, [before]);
      const node = kafkaBroker(options);
      onTestFinished(() => node.close());
      const sink = new RecordingSink();
      const begun = performance.now();
      await node.start(sink, { nodeId: `n${n}` });
      took.push(performance.now() - begun);
      await publish(n, [first]);
      const times = publisher.publishTo === undefined ? 1 : 2;
      await eventually(() => expect(sink.of(channel)).toHaveLength(times));
      expect(sink.of(channel)).toEqual(Array.from({ length: times }, () => first));
      seen += 1;
      await node.close();
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < starts) {
        next += 1;
        await startOne(next);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));

    const [median, slowest] = [took.length >> 1, took.length - 1].map((at) =>
      took.toSorted((a, b) => a - b)[at]?.toFixed(0),
    );
    console.log(
      `first record, ${name}: seen ${seen} of ${starts}; start took ${median} ms at the median, ${slowest} ms at most, ${atOnce} at once`,
    );
    expect(seen).toBe(starts);
  },
);

test('nodes that make their Kafka topic as they start hear one another at once', async () => {
  const rounds = 10;
  const channels = Array.from({ length: 16 }, (_, n) => `user:${n}`);
  for (let round = 0; round < rounds; round += 1) {
    const options = {
      kafka: { brokers: kafkaBrokers() },
      topic: freshTopic('made'),
      createTopic: {},
    };
    const nodes = ['a', 'b'].map((nodeId) => {
      const broker = kafkaBroker(options);
      onTestFinished(() => broker.close());
      return { nodeId, broker, sink: new RecordingSink() };
    });
    await Promise.all(nodes.map(({ broker, sink, nodeId }) => broker.start(sink, { nodeId })));
    await Promise.all(
      nodes.map(({ broker, nodeId }) =>
        broker.publish(channels.map((channel) => sampleEnvelope(`${channel}:${nodeId}`))),
      ),
    );
    for (const { nodeId, sink } of nodes) {
      const other = nodeId === 'a' ? 'b' : 'a';
      await eventually(() => {
        for (const channel of channels) expect(sink.of(`${channel}:${other}`)).toHaveLength(1);
      }).catch((cause: unknown) => {
        throw new Error(`round ${round}: ${nodeId} has not heard all`, { cause });
      });
    }
    await Promise.all(nodes.map(({ broker }) => broker.close()));
  }
});
