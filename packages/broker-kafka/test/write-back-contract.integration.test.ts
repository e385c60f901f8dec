import { type NodesOfLog, writeBackContract } from '@realtime-notify/contract-kit';
import { kafkaWriteBack } from '../src/index.js';
import { CuttableLinks, createTopic, freshTopic, kafkaBrokers } from './test-kafka.js';

const brokers = kafkaBrokers();

/** The nodes of a Kafka topic of its own, over these links. */
async function topicOver({ config: kafka }: CuttableLinks): Promise<NodesOfLog> {
  const topic = freshTopic('write-back');
  await createTopic(brokers, topic, 3);
  return { createNode: () => kafkaWriteBack({ kafka, topic, sessionTimeoutMs: 6_000 }) };
}

writeBackContract({
  name: 'broker-kafka',
  remote: true,
  createLog: () => topicOver(new CuttableLinks(brokers)),
  createFragile: async () => {
    const links = new CuttableLinks(brokers);
    const nodes = await topicOver(links);
    return { ...nodes, goAway: async () => links.hold(), comeBack: async () => links.release() };
  },
});
