import { silentLogger } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { kafkajsDriver } from './kafkajs-driver.js';

// The hashes that Kafka's own client has for these texts.
test.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['abc', 479_470_107],
])(
  'the partition of %s is that of PROTOCOL.md, on every node and in other programs',
  (key, murmur2) => {
    const driver = kafkajsDriver({ brokers: ['127.0.0.1:1'] }, silentLogger);
    for (const partitions of [1, 8, 32, 1_000]) {
      expect(driver.partitionOf(key, partitions)).toBe((murmur2 & 0x7f_ff_ff_ff) % partitions);
    }
  },
);
