import { eventually } from '@realtime-notify/contract-kit';
import { NotifyError, type NotifyRequest, silentLogger } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { kafkaSource } from '../src/index.js';
import { deleteTopic, freshTopic, kafkaBrokers } from './test-kafka.js';
import { produce, record, sourceTopic, startSource, TestTarget } from './test-source.js';

const brokers = kafkaBrokers();

test('records become requests in order, their place is the key; bad ones are passed', async () => {
  const topic = await sourceTopic(1);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await produce(topic, [
    record('u1', 1),
    { value: 'not json' },
    { value: null },
    { value: '{"to":"u1","type":"message"}' },
    { value: Buffer.from([0x7b, 0xff, 0x7d]) },
    record('u1', 'refused'),
    { ...record('u2', 2), headers: { traceparent } },
  ]);
  const target = new TestTarget();
  target.failure = ({ data }) =>
    data === 'refused' ? new NotifyError('DATA_INVALID', 'no') : undefined;
  const passed: object[] = [];
  const logger = { ...silentLogger, warn: (facts: object) => passed.push(facts) };
  await startSource(topic, target, { logger });
  await eventually(() => expect(target.texts).toEqual([1, 2]));
  expect(target.requests[0]).toMatchObject({ to: { user: 'u1' }, type: 'message' });
  expect(target.requests[1]).toMatchObject({ to: { user: 'u2' }, traceparent });
  expect(target.requests[0]?.idempotencyKey).toMatch(
    new RegExp(`^kafka:[^:]+:${topic}:0:0:\\d+:0$`),
  );
  expect(target.requests[1]?.idempotencyKey).toMatch(
    new RegExp(`^kafka:[^:]+:${topic}:0:6:\\d+:0$`),
  );
  const places = [1, 2, 3, 4, 5].map((offset) => ({ topic, partition: 0, offset }));
  await eventually(() =>
    expect(passed).toEqual(places.map((place) => expect.objectContaining(place))),
  );
});

test('while one record cannot be stored its partition waits, the other one does not', async () => {
  const topic = await sourceTopic(2);
  const target = new TestTarget();
  let down = true;
  target.failure = ({ data }) =>
    down && data === 'a1' ? new NotifyError('STORE_UNAVAILABLE', 'down') : undefined;
  await startSource(topic, target);
  await produce(topic, [record('u', 'a0'), record('u', 'a1'), record('u', 'a2')]);
  await eventually(() => expect(target.texts).toEqual(['a0']));
  await produce(topic, [record('u', 'b0', 1), record('u', 'b1', 1)]);
  await eventually(() => expect(target.texts).toEqual(['a0', 'b0', 'b1']));
  down = false;
  await eventually(() => expect(target.texts).toEqual(['a0', 'b0', 'b1', 'a1', 'a2']));
});

test('a source that ends before it has stored a record leaves it to the next, with one key', async () => {
  const topic = await sourceTopic(1);
  const [first, second] = [new TestTarget(), new TestTarget()];
  const asked: NotifyRequest[] = [];
  first.failure = (request) => {
    asked.push(request);
    return request.data === 1 ? new NotifyError('CLOSED', 'closing') : undefined;
  };
  const source = await startSource(topic, first);
  await produce(topic, [record('u', 0), record('u', 1), record('u', 2)]);
  await eventually(() => expect(asked).toHaveLength(2));
  await source.close();
  expect(first.texts).toEqual([0]);
  await startSource(topic, second);
  await eventually(() => expect(second.texts).toEqual([1, 2]));
  expect(second.requests[0]?.idempotencyKey).toBe(asked.at(1)?.idempotencyKey);
});

test('two nodes share the records, also while one joins', async () => {
  const topic = await sourceTopic(8);
  const targets = [new TestTarget(), new TestTarget()] as const;
  const messages = Array.from({ length: 400 }, (_, i) => record('u', i, i % 8));
  await startSource(topic, targets[0]);
  await produce(topic, messages.slice(0, 200));
  await startSource(topic, targets[1]);
  await produce(topic, messages.slice(200));
  const all = () =>
    new Set(targets.flatMap(({ requests }) => requests.map((r) => r.idempotencyKey)));
  await eventually(() => expect(all().size).toBe(400));
});

test('start: a missing Kafka topic is an error, or it is made', async () => {
  const topic = freshTopic('source');
  const target = new TestTarget();
  const refused = kafkaSource({ kafka: { brokers }, topic, notifier: target }).start();
  await expect(refused).rejects.toMatchObject({ code: 'BROKER_CONFIGURATION' });
  onTestFinished(() => deleteTopic(brokers, topic));
  await startSource(topic, target, { createTopic: { partitions: 2 } });
  await produce(topic, [record('u', 'first')]);
  await eventually(() => expect(target.texts).toEqual(['first']));
});

test('start resolves while Kafka is unreachable, and close ends the attempts', async () => {
  const target = new TestTarget();
  const source = await startSource('any', target, { kafka: { brokers: ['127.0.0.1:1'] } });
  await source.close();
  await expect(source.start()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('sources that make their Kafka topic as they start do not take it for an outage', async () => {
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (facts: object, message: string) => warnings.push(`${message} ${JSON.stringify(facts)}`),
  };
  for (let round = 0; round < 5; round += 1) {
    const topic = freshTopic('made');
    const sources = await Promise.all(
      [1, 2].map(() => startSource(topic, new TestTarget(), { logger })),
    );
    await Promise.all(sources.map((source) => source.close()));
    expect(warnings).toEqual([]);
  }
});
