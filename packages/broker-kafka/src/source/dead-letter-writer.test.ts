import { silentLogger } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { DeadLetterWriter } from './dead-letter-writer.js';

const undeliverable = {
  topic: 'orders',
  partition: 2,
  reason: 'undecodable',
  error: new Error('no JSON'),
  source: { partition: 2, offset: 7, timestamp: 0, key: null, value: null, headers: new Map() },
} as const;

test.each([
  ['where there is a topic for them', { create: undefined, maxBytes: 900_000 }],
  ['where they are only passed', undefined],
])('the log says which record it was, and where its letter is, %s', async (_, plan) => {
  const produced: string[] = [];
  const client = {
    ensureTopic: async () => {},
    produce: async (topic: string) => void produced.push(topic),
  };
  const logged: object[] = [];
  const logger = { ...silentLogger, warn: (facts: object) => void logged.push(facts) };
  await new DeadLetterWriter(client, plan, logger).write([undeliverable]);
  expect(produced).toEqual(plan === undefined ? [] : ['orders.dead-letters']);
  const { topic, partition, reason, error: err } = undeliverable;
  const where = plan === undefined ? {} : { deadLetters: 'orders.dead-letters' };
  expect(logged).toEqual([{ topic, partition, offset: 7, reason, err, ...where }]);
});
