import { expect, test } from 'vitest';
import type { KafkaBrokerOptions } from './broker-options.js';
import { kafkaBroker } from './kafka-broker.js';

const good: KafkaBrokerOptions = { kafka: { brokers: ['localhost:9092'] }, topic: 'nodes' };

test.each([
  ['tail', { tail: 'groups' }],
  ['groupPrefix', { groupPrefix: 'a b' }],
  ['janitorIntervalMs', { janitorIntervalMs: 0 }],
  ['acks', { acks: 0 }],
  ['maxBatchBytes', { maxBatchBytes: 0.5 }],
  ['fetchWaitMs', { fetchWaitMs: 60_001 }],
  ['minFetchBytes', { minFetchBytes: 2_000, maxFetchBytes: 1_999 }],
  ['maxFetchBytes', { maxFetchBytes: 1_023 }],
  ['bulkTopic.topic', { bulkTopic: { topic: 'nodes' } }],
  ['bulkTopic.channels', { bulkTopic: { topic: 'bulk', channels: [] } }],
  ['routing', { routing: 'interest' }],
  ['directTopic.partitions', { directTopic: { partitions: 0 } }],
  ['directTopic.topic', { routing: 'directed', directTopic: { topic: 'nodes' } }],
  ['directTopic.topic', { routing: 'directed', bulkTopic: { topic: 'nodes.direct' } }],
  ['directTopic.topic', { routing: 'directed', topic: 'n'.repeat(243) }],
  ['lingerMs', { lingerMs: 5 }],
])('%s is checked', (name, wrong) => {
  const options: object = { ...good, ...wrong };
  expect(() => kafkaBroker({ ...good, ...options })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(name) }),
  );
});

test('what is allowed is taken, and nothing is opened', () => {
  kafkaBroker({ ...good, tail: 'group', janitorIntervalMs: false, acks: 1, minFetchBytes: 1_024 });
  kafkaBroker({ ...good, bulkTopic: { topic: 'bulk', channels: () => true, createTopic: {} } });
});

test('what only directed routing needs is not asked for without it', () => {
  kafkaBroker({ ...good, topic: 'n'.repeat(249) });
  kafkaBroker({ ...good, bulkTopic: { topic: 'nodes.direct' } });
});

test('it says that it can send to certain nodes, and has the method, exactly where it can', () => {
  const fanout = kafkaBroker(good);
  const directed = kafkaBroker({ ...good, routing: 'directed' });
  expect(fanout.capabilities).toEqual({ remote: true, routing: 'fanout' });
  expect(fanout.publishTo).toBeUndefined();
  expect(directed.capabilities).toEqual({ remote: true, routing: 'fanout', directed: true });
  expect(directed.publishTo).toBeTypeOf('function');
});
