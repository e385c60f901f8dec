import { NotifyError } from '@realtime-notify/core';
import type { ClusterLinks, TopicLayout } from './cluster-links.js';
import { pause, withDeadline } from './deadline.js';
import type { TopicPlan } from './kafka-client.js';
import type { KafkaDriver } from './kafkajs-driver.js';

const createMs = 15_000;
const everyMs = 100;

/** The layout of a Kafka topic, made where it is missing and a plan allows it. */
export async function topicLayout(
  driver: KafkaDriver,
  links: ClusterLinks,
  topic: string,
  plan: TopicPlan | undefined,
  signal: AbortSignal,
): Promise<TopicLayout> {
  const found = await links.layout(topic);
  if (found !== undefined) return found;
  if (plan === undefined) {
    throw new NotifyError(
      'BROKER_CONFIGURATION',
      `the Kafka topic ${topic} does not exist: create it, or allow that it is created`,
    );
  }
  await createTopic(driver, topic, plan);
  const deadline = performance.now() + createMs;
  while (!signal.aborted) {
    const made = await links.layout(topic);
    // All nodes learn of a new topic a moment after the one that made it.
    if (made !== undefined && made.leaders.size > 0 && ![...made.leaders.values()].includes(-1)) {
      return made;
    }
    if (performance.now() > deadline) break;
    await pause(everyMs, signal);
  }
  throw new Error(`the Kafka topic ${topic} was created and has no leaders yet`);
}

async function createTopic(driver: KafkaDriver, topic: string, plan: TopicPlan): Promise<void> {
  const admin = driver.admin();
  try {
    await withDeadline('creating the Kafka topic', createMs, admin.connect());
    // Resolves with false where another node was quicker.
    const creating = admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: plan.partitions,
          replicationFactor: plan.replication,
          configEntries: [{ name: 'retention.ms', value: String(plan.retentionMs) }],
        },
      ],
    });
    await withDeadline('creating the Kafka topic', createMs, creating);
  } finally {
    await admin.disconnect();
  }
}
