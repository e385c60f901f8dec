import { eventually } from '@realtime-notify/contract-kit';
import { NotifyError, type NotifyOutcome, type NotifyRequest } from '@realtime-notify/core';
import { CompressionTypes } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { registerRawZstd } from './raw-zstd.js';
import { CuttableLinks, createTopic, kafkaBrokers, plainKafka, withAdmin } from './test-kafka.js';
import {
  committed,
  produce,
  readLetters,
  record,
  sourceTopic,
  startSource,
  TestTarget,
} from './test-source.js';

const brokers = kafkaBrokers();

/** Holds everything back until it is let go. */
class HeldTarget extends TestTarget {
  asked = 0;
  #release = () => {};
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  async notifyMany(requests: readonly NotifyRequest[]): Promise<readonly NotifyOutcome[]> {
    this.asked += requests.length;
    if (requests.some(({ data }) => String(data).startsWith('held'))) await this.#released;
    this.requests.push(...requests);
    const result = { id: '', time: 0, stored: true, buffered: false, published: true };
    return requests.map(() => ({
      status: 'sent',
      result: { ...result, duplicate: false, channels: [] },
    }));
  }

  release(): void {
    this.#release();
  }
}

test('an unreadable batch, a large value and a refusal are letters; what stands between arrives in order', async () => {
  registerRawZstd();
  const topic = await sourceTopic(2);
  const target = new TestTarget();
  target.failure = ({ data }) =>
    data === 'refused' ? new NotifyError('DATA_INVALID', 'no') : undefined;
  await startSource(topic, target, { maxRecordBytes: 20_000, deadLetters: { maxBytes: 10_000 } });
  await produce(topic, [record('u', 'a'), record('u', 'refused')]);
  await produce(topic, [record('u', 'zstd'), record('u', 'too')], CompressionTypes.ZSTD);
  await produce(topic, [record('u', 'b'), record('u', 'large'.padEnd(30_000)), record('u', 'c')]);
  await produce(topic, [record('u', 'other', 1)]);
  const letters = await readLetters(`${topic}.dead-letters`);
  await eventually(() => expect(letters.length).toBeGreaterThanOrEqual(3));
  await eventually(async () => expect(await committed(topic)).toEqual([7, 1]));
  expect(target.texts.filter((text) => text !== 'other')).toEqual(['a', 'b', 'c']);
  expect([...letters].sort((one, other) => one.offset - other.offset)).toMatchObject([
    { reason: 'refused', offset: 1, truncated: undefined },
    { reason: 'unreadable-batch', offset: 2, truncated: undefined },
    { reason: 'value-too-large', offset: 5, truncated: 'value' },
  ]);
  for (const { value } of letters) expect(value?.length).toBeLessThanOrEqual(10_000);
});

test('while dead letters have nowhere to go their partition waits and commits nothing; the other does not wait', async () => {
  const topic = await sourceTopic(2);
  const letterTopic = `${topic}.dead-letters`;
  const target = new TestTarget();
  await startSource(topic, target);
  await withAdmin(brokers, async (admin) => {
    await admin.deleteTopics({ topics: [letterTopic] });
    // Kafka answers before the broker has heard of it.
    await eventually(async () => expect(await admin.listTopics()).not.toContain(letterTopic));
  });
  await produce(topic, [{ partition: 0, value: 'bad' }, record('u', 'behind')]);
  await produce(topic, [record('u', 'b0', 1)]);
  await eventually(async () => expect(await committed(topic)).toEqual([0, 1]));
  await produce(topic, [record('u', 'b1', 1)]);
  await eventually(async () => expect(await committed(topic)).toEqual([0, 2]));
  await createTopic(brokers, letterTopic, 1);
  await eventually(async () => expect(await committed(topic)).toEqual([2, 2]), 30_000);
  expect(target.texts.filter((text) => text === 'behind')).toEqual(['behind']);
});

test('a letter that its Kafka topic finds too large is sent smaller', async () => {
  const topic = await sourceTopic(1);
  await createTopic(brokers, `${topic}.dead-letters`, 1, { 'max.message.bytes': '20000' });
  await startSource(topic, new TestTarget());
  await produce(topic, [{ value: 'bad'.padEnd(100_000, '.') }]);
  await eventually(async () => expect(await committed(topic)).toEqual([1]));
  const letters = await readLetters(`${topic}.dead-letters`);
  await eventually(() => expect(letters).toHaveLength(1));
  expect(letters).toMatchObject([{ reason: 'undecodable', truncated: 'value' }]);
});

test('what a transaction took back is not seen, and does not keep the group from getting on', async () => {
  const topic = await sourceTopic(1);
  const producer = plainKafka(brokers).producer({
    ...{ transactionalId: topic, maxInFlightRequests: 1, idempotent: true },
  });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const target = new TestTarget();
  await startSource(topic, target);
  for (const [text, ends] of [
    ['kept', 'commit'],
    ['gone', 'abort'],
    ['also', 'commit'],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [record('u', text)] });
    await transaction[ends]();
  }
  await eventually(() => expect(target.texts).toEqual(['kept', 'also']));
  // Three records and the marker behind each.
  await eventually(async () => expect(await committed(topic)).toEqual([6]));
});

test('from latest: the place is committed before `start` resolves, so a restart loses nothing', async () => {
  const topic = await sourceTopic(2);
  await produce(topic, [record('u', 'old'), record('u', 'old', 1)]);
  const down = new TestTarget();
  down.failure = () => new NotifyError('STORE_UNAVAILABLE', 'down');
  const first = await startSource(topic, down, { from: 'latest' });
  expect(await committed(topic)).toEqual([1, 1]);
  await produce(topic, [record('u', 'new', 1)]);
  await first.close();
  await produce(topic, [record('u', 'newer', 0)]);
  const target = new TestTarget();
  await startSource(topic, target, { from: 'latest' });
  await eventually(() => expect(target.texts.toSorted()).toEqual(['new', 'newer']));
});

test('drain: all that was taken is stored and committed, and the group is left', async () => {
  const topic = await sourceTopic(1);
  const target = new HeldTarget();
  const source = await startSource(topic, target);
  await produce(topic, [record('u', 'held'), ...[1, 2, 3].map((n) => record('u', n))]);
  await eventually(() => expect(target.asked).toBeGreaterThan(0));
  const draining = source.drain();
  target.release();
  await draining;
  const [stored] = await committed(topic);
  expect(target.requests).toHaveLength(stored ?? -1);
  const groups = await withAdmin(brokers, (admin) => admin.describeGroups([`${topic}-source`]));
  expect(groups.groups).toMatchObject([{ state: 'Empty', members: [] }]);
});

test('a partition that is not stored is read no further than its limit; the others are', async () => {
  const topic = await sourceTopic(2);
  const target = new HeldTarget();
  const links = new CuttableLinks(brokers);
  await startSource(topic, target, {
    kafka: links.config,
    ...{ maxPendingRecords: 20, maxPendingBytes: 200_000, maxPartitionBytes: 100_000 },
  });
  const large = 'x'.repeat(10_000);
  for (let n = 0; n < 20; n += 1) {
    await produce(
      topic,
      Array.from({ length: 50 }, () => record('u', `held ${large}`)),
    );
  }
  for (let n = 0; n < 100; n += 1) {
    await produce(topic, [record('u', n, 1)]);
    await eventually(() => expect(target.texts).toHaveLength(n + 1));
  }
  // 10 MB are there; two limits' worth and what goes to and fro may have been read.
  expect(links.bytesRead).toBeLessThan(2_000_000);
  target.release();
  await eventually(async () => expect(await committed(topic)).toEqual([1_000, 100]), 30_000);
});

test('a source for bulk that stands still does not delay one for personal events', async () => {
  const [bulk, personal] = [await sourceTopic(1), await sourceTopic(1)];
  const [slow, quick] = [new HeldTarget(), new TestTarget()];
  await startSource(bulk, slow, { maxPendingRecords: 10 });
  await startSource(personal, quick);
  await produce(
    bulk,
    Array.from({ length: 5_000 }, (_, n) => record('u', `held ${n}`)),
  );
  for (let n = 0; n < 50; n += 1) {
    await produce(personal, [record('u', n)]);
    await eventually(() => expect(quick.texts).toHaveLength(n + 1));
  }
  expect(slow.requests).toEqual([]);
  slow.release();
});
