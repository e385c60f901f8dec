import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type KafkaInstance, launchKafka } from '../../../scripts/services/kafka.js';

/** A Kafka of this test's own, which it may kill; gone when the test has finished. */
export async function privateKafka(
  brokers: 1 | 3,
  options: { readonly secure?: boolean } = {},
): Promise<KafkaInstance> {
  const dir = await mkdtemp(join(tmpdir(), 'rn-kafka-'));
  const kafka = await launchKafka({ dir, brokers, ...options });
  onTestFinished(async () => {
    await kafka.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return kafka;
}
