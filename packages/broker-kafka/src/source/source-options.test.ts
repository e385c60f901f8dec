import { resolveOptions } from '@realtime-notify/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { kafkaSource } from './kafka-source.js';
import { type KafkaSourceOptions, sourceOptionsSchema } from './source-options.js';

const kafka = { brokers: ['127.0.0.1:1'] };
const notifier = { notify: async () => {} };
const resolve = (fields: Partial<KafkaSourceOptions>) =>
  resolveOptions(sourceOptionsSchema, { kafka, notifier, ...fields }, 'kafkaSource');

describe('options of a source', () => {
  test('one topic names its group; dead letters are made like it, and kept for 30 days', () => {
    expect(resolve({ topic: 'orders', createTopic: { partitions: 3 } })).toMatchObject({
      topics: ['orders'],
      groupId: 'orders-source',
      from: 'earliest',
      createTopic: { partitions: 3, retentionMs: 3_600_000 },
      deadLetters: {
        maxBytes: 900_000,
        create: { partitions: 3, replication: 1, retentionMs: 2_592_000_000 },
      },
    });
    expect(resolve({ topic: 'orders', deadLetters: false }).deadLetters).toBeUndefined();
    expect(resolve({ topic: 'orders' }).deadLetters?.create).toBeUndefined();
  });

  test('several topics have a group that is named', () => {
    const several = resolve({ kafkaTopics: ['a', 'b', 'a'], groupId: 'g' });
    expect(several).toMatchObject({ topics: ['a', 'b'], groupId: 'g' });
  });

  test.each<[string, Partial<KafkaSourceOptions>]>([
    ['kafkaTopics', {}],
    ['kafkaTopics', { topic: 'a', kafkaTopics: ['b'] }],
    ['kafkaTopics', { kafkaTopics: [] }],
    ['groupId', { kafkaTopics: ['a', 'b'] }],
    ['map', { topic: 'a', value: z.string() }],
    ['topic', { topic: 'a b' }],
    ['deadLetters', { topic: 'a', deadLetters: { maxBytes: 100 } }],
    ['maxPendingRecords', { topic: 'a', maxPendingRecords: 0 }],
  ])('%s is refused in %j', (path, fields) => {
    expect(() => kafkaSource({ kafka, notifier, ...fields })).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        message: expect.stringContaining(path),
      }),
    );
  });
});
