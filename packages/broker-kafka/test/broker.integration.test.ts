import { brokerContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { kafkaBroker } from '../src/index.js';
import {
  CuttableLinks,
  deleteTopic,
  freshTopic,
  kafkaBrokers,
  plainKafka,
  withAdmin,
} from './test-kafka.js';

const brokers = kafkaBrokers();
const producer = plainKafka(brokers).producer();

beforeAll(async () => {
  await withAdmin(brokers, (admin) => admin.describeCluster());
  await producer.connect();
});
afterAll(() => producer.disconnect());

for (const compression of ['none', 'gzip'] as const) {
  const topic = freshTopic('contract');
  const links = new CuttableLinks(brokers);
  afterAll(() => deleteTopic(brokers, topic));

  brokerContract({
    name: `broker-kafka, compression ${compression}`,
    capabilities: { remote: true, routing: 'fanout' },
    createNode: ({ logger }) =>
      kafkaBroker({ kafka: links.config, topic, compression, createTopic: {}, logger }),
    remote: {
      interrupt: async () => links.cut(),
      sendForeign: async (channel, value) => {
        await producer.send({ topic, messages: [{ key: channel, value }] });
      },
      createUnreachable: ({ logger }) =>
        kafkaBroker({ kafka: { brokers: ['127.0.0.1:1'] }, topic, logger }),
    },
  });
}
