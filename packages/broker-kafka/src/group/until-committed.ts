import type { ClusterLinks, TopicLayout } from '../cluster-links.js';
import { pause } from '../deadline.js';
import { partitionError } from '../kafka-errors.js';
import { listOffsets } from '../list-offsets.js';
import type { GroupCoordinator } from './group-coordinator.js';

export interface ProgressContext {
  readonly coordinator: Pick<GroupCoordinator, 'ask'>;
  readonly links: ClusterLinks;
  layout(topic: string): Promise<TopicLayout>;
  protocolError(code: number): Error;
}

const everyMs = 200;

/** Resolves when the group has committed what is in the Kafka topic now; rejects once `signal` aborts. */
export async function untilCommitted(
  { coordinator, links, layout, protocolError }: ProgressContext,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  const { leaders } = await layout(topic);
  const partitions = [...leaders.keys()];
  const answers = await listOffsets(links, topic, partitions, leaders, 'latest');
  const left = new Map<number, number>();
  for (const { partition, errorCode, offset } of answers) {
    if (errorCode !== partitionError.none) throw protocolError(errorCode);
    if (offset > 0) left.set(partition, offset);
  }
  while (left.size > 0) {
    signal.throwIfAborted();
    const asked = { [topic]: [...left.keys()] };
    for (const { partition, offset } of await coordinator.ask((link) => link.committed(asked))) {
      if (offset >= (left.get(partition) ?? 0)) left.delete(partition);
    }
    if (left.size > 0) await pause(everyMs, signal);
  }
}
