import { brokerContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { type BulkTopic, type KafkaBrokerOptions, kafkaBroker } from '../src/index.js';
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

const variants: Readonly<Record<string, Partial<KafkaBrokerOptions>>> = {
  'as it is': {},
  'compression gzip, acks of the leader': { compression: 'gzip', acks: 1 },
  'tail by group': { tail: 'group' },
  directed: { routing: 'directed' },
  'directed, all nodes in one partition': { routing: 'directed', directTopic: { partitions: 1 } },
  'half of the channels on a bulk topic': {
    bulkTopic: {
      topic: freshTopic('contract-bulk'),
      channels: (channel) => /[0-7]$/.test(channel),
    },
  },
};

for (const [name, options] of Object.entries(variants)) {
  const topic = freshTopic('contract');
  const { bulkTopic, routing } = options;
  const topicOf = (channel: string): string =>
    bulkTopic !== undefined && carries(bulkTopic, channel) ? bulkTopic.topic : topic;
  const links = new CuttableLinks(brokers);
  afterAll(async () => {
    await deleteTopic(brokers, topic);
    if (bulkTopic !== undefined) await deleteTopic(brokers, bulkTopic.topic);
    if (routing === 'directed') await deleteTopic(brokers, `${topic}.direct`);
  });

  brokerContract({
    name: `broker-kafka, ${name}`,
    capabilities: {
      ...{ remote: true, routing: 'fanout' },
      ...(routing === 'directed' ? { directed: true } : {}),
    },
    createNode: ({ logger }) =>
      kafkaBroker({ ...options, kafka: links.config, topic, createTopic: {}, logger }),
    remote: {
      interrupt: async () => links.cut(),
      sendForeign: async (channel, value) => {
        await producer.send({ topic: topicOf(channel), messages: [{ key: channel, value }] });
      },
      createUnreachable: ({ logger }) =>
        kafkaBroker({ ...options, kafka: { brokers: ['127.0.0.1:1'] }, topic, logger }),
    },
  });
}

function carries({ channels }: BulkTopic, channel: string): boolean {
  return typeof channels === 'function' && channels(channel);
}
