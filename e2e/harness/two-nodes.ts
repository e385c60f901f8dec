import { randomUUID } from 'node:crypto';
import { type NodeProcess, type NodeSettings, startNode } from './node-process.js';

/** Two servers that share broker and store. */
export interface TwoNodes {
  readonly a: NodeProcess;
  readonly b: NodeProcess;
  readonly both: readonly [NodeProcess, NodeProcess];
  stop(): Promise<void>;
}

/** The settings that two nodes have in common. */
export type SharedSettings = Omit<NodeSettings, 'NODE_ID' | 'JWT_SECRET' | 'PORT'>;

export async function startTwoNodes(settings: SharedSettings): Promise<TwoNodes> {
  const JWT_SECRET = randomUUID() + randomUUID();
  const started = await Promise.allSettled(
    ['node-a', 'node-b'].map((NODE_ID) => startNode({ ...settings, NODE_ID, JWT_SECRET })),
  );
  const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const [a, b] = nodes;
  if (a === undefined || b === undefined) {
    await stop();
    throw started.find((each) => each.status === 'rejected')?.reason;
  }
  return { a, b, both: [a, b], stop };
}
