import {
  eventually,
  OutOfBand,
  RecordingSink,
  sampleEnvelope,
} from '@realtime-notify/contract-kit';
import { silentLogger } from '@realtime-notify/core';
import type { Message } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { encodeRecord } from '../src/envelope-record.js';
import { kafkaBroker } from '../src/index.js';
import { createTopic, freshTopic, kafkaBrokers, plainKafka } from './test-kafka.js';

const brokers = kafkaBrokers();
const channel = 'user:u1';
const good = (offset: number) => sampleEnvelope(channel, { offset });

/** Records that are nearly envelopes, and some that are nothing at all. */
function poison(): Message[] {
  const { key, value, headers } = encodeRecord(good(1));
  const withHeader = (name: string, text: string): Message => ({
    ...{ key, value },
    headers: { ...headers, [name]: text },
  });
  return [
    { key: null, value: null },
    { key, value: null, headers },
    { key: null, value, headers },
    { key, value: Buffer.alloc(0), headers },
    { key: Buffer.from([0xff, 0xfe]), value, headers },
    { key, value: Buffer.from([0x22, 0xc3, 0x28, 0x22]), headers },
    { key, value: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
    { key, value: '{"__proto__":{"polluted":true}}', headers: { ['__proto__']: 'x' } },
    ...['', 'a\r\nb', '\0', '\u2028', 'open\n\ndata: x'].map((text) => withHeader('type', text)),
    ...['1e3', '-1', '9007199254740993', '9'.repeat(2_000)].map((n) => withHeader('offset', n)),
    ...['E1', 'e\n1', ''].map((text) => withHeader('epoch', text)),
    withHeader('time', '1e999'),
    withHeader('id', 'g'.repeat(500_000)),
  ];
}

test.each(['partitions', 'group'] as const)(
  'H-KAFKA-RECORD tail %s: poison between good records: the good arrive, one line for each other',
  async (tail) => {
    const topic = freshTopic('hostile');
    await createTopic(brokers, topic, 1);
    const lines: object[] = [];
    const logger = { ...silentLogger, warn: (facts: object) => lines.push(facts) };
    const sink = new RecordingSink();
    const broker = kafkaBroker({ kafka: { brokers }, topic, tail, logger });
    onTestFinished(() => broker.close());
    await broker.start(sink);
    const producer = plainKafka(brokers).producer();
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const bad = poison();
    const sent = bad.map((_, i) => good(i + 1));
    const outOfBand = await new OutOfBand().during(async () => {
      for (const [i, message] of bad.entries()) {
        await broker.publish(sent.slice(i, i + 1));
        await producer.send({ topic, messages: [message] });
      }
      const last = good(bad.length + 1);
      await broker.publish([last]);
      await eventually(() => expect(sink.idsOf(channel)).toContain(last.id));
      expect(sink.batches.flat()).toEqual([...sent, last]);
    });
    const places = bad.map((_, i) => ({ code: 'ENVELOPE_INVALID', topic, offset: 2 * i + 1 }));
    expect(lines).toEqual(places.map((place) => expect.objectContaining(place)));
    expect(outOfBand).toEqual([]);
    expect(sink.calls).toEqual(['up']);
  },
);
