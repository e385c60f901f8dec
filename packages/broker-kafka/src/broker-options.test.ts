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
