import { slotOf } from '@realtime-notify/redis-connection';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShardTopics } from './topics.js';

const channel = fc.string({
  unit: fc.constantFrom('{', '}', ':', 'n', 'a', 'ü', '7'),
  minLength: 1,
});
const partitions = fc.integer({ min: 1, max: 16_384 });

test('topics of one partition share its slot, and each says its channel and partition', () => {
  fc.assert(
    fc.property(channel, partitions, (name, count) => {
      const topics = new ShardTopics('rn:', 'b1', count);
      const topic = topics.of(name);
      const partition = topics.partitionOf(topic);
      expect(partition).toBeLessThan(count);
      expect(topics.channelOf(topic)).toBe(name);
      expect(slotOf(topic)).toBe(topics.slotOf(partition));
      expect(slotOf(topics.probe(partition))).toBe(topics.slotOf(partition));
      expect(topics.probe(partition)).not.toBe(topic);
    }),
  );
});

test('channels are spread over the partitions, and partitions over three masters', () => {
  const topics = new ShardTopics('rn:', 'b1', 256);
  const counts = new Map<number, number>();
  for (let user = 0; user < 25_600; user += 1) {
    const partition = topics.partitionOf(topics.of(`user:${user}`));
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
  }
  expect(Math.min(...counts.values())).toBeGreaterThan(50);
  expect(Math.max(...counts.values())).toBeLessThan(200);
  const shares = [0, 0, 0];
  for (let partition = 0; partition < 256; partition += 1) {
    const master = Math.floor((topics.slotOf(partition) * 3) / 16_384);
    shares[master] = (shares[master] ?? 0) + 1;
  }
  expect(Math.min(...shares)).toBeGreaterThan(70);
});
