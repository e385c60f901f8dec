import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { kafkaBroker, kafkaSource } from '../src/index.js';
import { privateKafka } from './private-kafka.js';
import { plainKafka } from './test-kafka.js';

test('TLS and SASL by KafkaConfig: broker and source work, a wrong password is refused', async () => {
  const kafka = await privateKafka(1, { secure: true });
  const config = { brokers: [...kafka.brokers], ...kafka.client };
  const options = { kafka: config, topic: 'nodes', createTopic: {} };
  const sink = new RecordingSink();
  const broker = kafkaBroker(options);
  onTestFinished(() => broker.close());
  await broker.start(sink);
  const envelope = sampleEnvelope('user:1');
  await broker.publish([envelope]);
  await eventually(() => expect(sink.idsOf('user:1')).toEqual([envelope.id]));

  const requests: unknown[] = [];
  const notifier = { notify: async (request: unknown) => requests.push(request) };
  const source = kafkaSource({ ...options, topic: 'orders', notifier });
  onTestFinished(() => source.close());
  await source.start();
  const producer = plainKafka(kafka.brokers, kafka.client).producer();
  await producer.connect();
  const value = JSON.stringify({ to: { user: 'u1' }, type: 'message', data: 1 });
  await producer.send({ topic: 'orders', messages: [{ value }] });
  await producer.disconnect();
  await eventually(() => expect(requests).toEqual([expect.objectContaining({ data: 1 })]));

  const wrong = { mechanism: 'plain', username: 'tester', password: 'wrong' } as const;
  const refused = { code: 'BROKER_CONFIGURATION' };
  const stranger = kafkaBroker({ ...options, kafka: { ...config, sasl: wrong } });
  await expect(stranger.start(new RecordingSink())).rejects.toMatchObject(refused);
  const strangerSource = kafkaSource({ ...options, notifier, kafka: { ...config, sasl: wrong } });
  await expect(strangerSource.start()).rejects.toMatchObject(refused);
}, 120_000);
