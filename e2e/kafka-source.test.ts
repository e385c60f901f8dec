import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CompressionTypes, type Message, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerRawZstd } from '../packages/broker-kafka/test/raw-zstd.js';
import { Crowd } from './harness/crowd.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { type KafkaRecord, KafkaView } from './harness/kafka.js';
import type { Accepted } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';

const run = randomUUID().slice(0, 8);
const total = 20_000;
const partitions = 8;
const users = Array.from({ length: 40 }, (_, i) => `${run}-u${i}`);

/** What is wrong with some of the records, how many of them there are, and what becomes of them. */
const faults = {
  'bad JSON': { count: 20, reason: 'undecodable' },
  'against the schema': { count: 15, reason: 'schema-mismatch' },
  'two megabytes': { count: 10, reason: 'value-too-large' },
  'unknown codec': { count: 5, reason: 'unreadable-batch' },
  'unknown type': { count: 5, reason: 'refused' },
} as const;
type Fault = keyof typeof faults;

interface Planned {
  readonly partition: number;
  readonly user: string;
  readonly text: string;
  readonly fault: Fault | undefined;
}

/** All records in their order, the bad ones spread evenly among them. */
function plan(): readonly Planned[] {
  const faultOf = new Map<number, Fault>();
  for (const [n, fault] of (Object.keys(faults) as Fault[]).entries()) {
    const { count } = faults[fault];
    for (let i = 0; i < count; i += 1)
      faultOf.set(Math.floor(((i + 0.5) * total) / count) + n, fault);
  }
  return Array.from({ length: total }, (_, i) => ({
    partition: i % partitions,
    user: users[Math.floor(i / partitions) % users.length] ?? '',
    text: `${run} ${i}`,
    fault: faultOf.get(i),
  }));
}

function messageOf({ partition, user, text, fault }: Planned): Message {
  const good = { to: { user }, type: 'message', data: { text } };
  const value = (): string => {
    switch (fault) {
      case 'bad JSON':
        return JSON.stringify(good).slice(0, -1);
      case 'against the schema':
        return JSON.stringify({ ...good, to: user });
      case 'two megabytes':
        return JSON.stringify({ ...good, data: { text: text.padEnd(2_000_000, 'x') } });
      case 'unknown type':
        return JSON.stringify({ ...good, type: 'nobody.knows' });
      default:
        return JSON.stringify(good);
    }
  };
  return { partition, key: user, value: value(), headers: { 'test-text': text } };
}

/** Writes records in their order; those that are bad go alone. */
async function write(producer: Producer, topic: string, records: readonly Planned[]) {
  let together: Message[] = [];
  const send = async (messages: Message[], compression = CompressionTypes.None) => {
    if (messages.length > 0) await producer.send({ topic, messages, compression });
  };
  for (const record of records) {
    if (record.fault === undefined) {
      together.push(messageOf(record));
      continue;
    }
    await send(together);
    together = [];
    const isUnreadable = record.fault === 'unknown codec';
    await send([messageOf(record)], isUnreadable ? CompressionTypes.ZSTD : undefined);
  }
  await send(together);
}

/** The longest time in which each partition got no further although there was more to take. */
class ProgressWatch {
  readonly gaps: number[] = Array.from({ length: partitions }, () => 0);
  readonly #kafka: KafkaView;
  readonly #topic: string;
  #ended = false;
  readonly #watching: Promise<void>;

  constructor(kafka: KafkaView, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#watching = this.#watch();
  }

  async end(): Promise<readonly number[]> {
    this.#ended = true;
    await this.#watching;
    return this.gaps;
  }

  async #watch(): Promise<void> {
    const since = this.gaps.map(() => Date.now());
    let before: readonly number[] = [];
    while (!this.#ended) {
      const now = await this.#kafka.committed(`${this.#topic}-source`, this.#topic);
      for (const [partition, offset] of now.entries()) {
        const waited = Date.now() - (since[partition] ?? 0);
        this.gaps[partition] = Math.max(this.gaps[partition] ?? 0, waited);
        if (offset !== before[partition]) since[partition] = Date.now();
      }
      before = now;
      await delay(25);
    }
  }
}

describe('BROKER=kafka STORE=redis, nodes A and B with one source of 8 partitions, 40 users with two clients each', () => {
  const KAFKA_TOPIC = `${run}-fan-out`;
  const SOURCE_TOPIC = `${run}-source`;
  const records = plan();
  let redis: RedisDatabase;
  let kafka: KafkaView;
  let producer: Producer;
  let nodes: TwoNodes;
  let crowd: Crowd;

  const taken = async (count: number) => {
    const committed = async () => kafka.committed(`${SOURCE_TOPIC}-source`, SOURCE_TOPIC);
    const sum = (offsets: readonly number[]) => offsets.reduce((all, each) => all + each, 0);
    await eventually(`${count} records are committed`, async () => sum(await committed()) >= count);
  };

  beforeAll(async () => {
    registerRawZstd();
    redis = await redisDatabase();
    kafka = await KafkaView.open();
    producer = await kafka.producer();
    await kafka.createTopic(KAFKA_TOPIC, partitions);
    await kafka.createTopic(SOURCE_TOPIC, partitions, { 'max.message.bytes': '3000000' });
    nodes = await startTwoNodes({
      BROKER: 'kafka',
      STORE: 'redis',
      REDIS_URL: redis.url,
      KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
      KAFKA_TOPIC,
      SOURCE_TOPIC,
    });
    const members = users.map((user) => ({ user, groups: [] }));
    crowd = await Crowd.connect(members, nodes.both);
  });

  afterAll(async () => {
    crowd?.leave();
    await nodes?.stop();
    await producer?.disconnect();
    await kafka?.close();
    await redis?.release();
  });

  it('20,000 records with 55 bad ones, node A killed in the middle and started again: every good one is shown once to each client of its user', async () => {
    const half = total / 2;
    const startedAt = Date.now();
    await write(producer, SOURCE_TOPIC, records.slice(0, half));
    const writtenAt = Date.now();
    await taken(half);
    console.log(
      `source: ${half} records written in ${writtenAt - startedAt} ms, all taken ${Date.now() - writtenAt} ms after that`,
    );

    const watch = new ProgressWatch(kafka, SOURCE_TOPIC);
    let restarted: Promise<void> | undefined;
    const step = partitions * 25;
    for (let at = half; at < total; at += step) {
      await write(producer, SOURCE_TOPIC, records.slice(at, at + step));
      if (restarted === undefined && at >= half + total / 8) {
        restarted = nodes.a.kill9().then(() => nodes.a.restart());
      }
      await delay(150);
    }
    const gaps = [...(await watch.end())].sort((one, other) => one - other);
    console.log(`source: longest wait of each partition, in ms: ${gaps.join(' ')}`);
    await restarted;

    const good = records.filter(({ fault }) => fault === undefined);
    const accepted = good.map(
      ({ user, text }): Accepted => ({ channel: `user:${user}`, type: 'message', data: { text } }),
    );
    await expectDelivery(accepted, crowd.followers, nodes.both);
    await taken(total);
    for (const node of nodes.both) await node.assertHealthy();
  });

  it('every bad one is a dead letter with its reason, its place, its key and its headers', async () => {
    const letters = await kafka.readAll(`${SOURCE_TOPIC}.dead-letters`);
    const header = (letter: KafkaRecord, name: string) => letter.headers[`dead-letter-${name}`];
    const byPlace = new Map(
      letters.map((letter) => [
        `${header(letter, 'partition')}/${header(letter, 'offset')}`,
        letter,
      ]),
    );
    console.log(`source: ${letters.length} dead letters, ${byPlace.size} of different records`);
    const counts: Record<string, number> = {};
    for (const letter of byPlace.values()) {
      const reason = header(letter, 'reason') ?? '';
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    expect(counts).toEqual(
      Object.fromEntries(Object.values(faults).map(({ reason, count }) => [reason, count])),
    );

    const places = new Map(
      records.map((record, i) => [`${record.partition}/${Math.floor(i / partitions)}`, record]),
    );
    for (const [place, letter] of byPlace) {
      const record = places.get(place);
      const { fault, user = '', text = '' } = record ?? {};
      expect(header(letter, 'topic')).toBe(SOURCE_TOPIC);
      expect(header(letter, 'reason')).toBe(fault && faults[fault].reason);
      expect(Number(header(letter, 'timestamp'))).toBeGreaterThan(0);
      if (fault === 'unknown codec') {
        expect(letter.value).toContain(text);
        expect(header(letter, 'codec')).toBe('4');
        continue;
      }
      expect(letter.key).toBe(user);
      expect(letter.headers['test-text']).toBe(text);
      const original = record === undefined ? '' : String(messageOf(record).value);
      if (fault === 'two megabytes') {
        expect(header(letter, 'truncated')).toBe('value');
        expect(header(letter, 'value-bytes')).toBe(String(original.length));
        expect(original.startsWith(letter.value)).toBe(true);
      } else expect(letter.value).toBe(original);
    }
  });
});
