import { randomUUID } from 'node:crypto';
import {
  type NodeProcess,
  type NodeProgram,
  type NodeSettings,
  startNode,
} from './node-process.js';

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
  const { nodes, stop } = await startNodes(['node-a', 'node-b'], settings);
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('two nodes were to be started');
  return { a, b, both: [a, b], stop };
}

/**
 * Servers that share broker, store and secret; all of them, or none.
 * @param settings - equal for all, or made for each by its name
 */
export async function startNodes(
  names: readonly string[],
  settings: SharedSettings | ((name: string) => SharedSettings),
  program?: NodeProgram,
): Promise<{ readonly nodes: readonly NodeProcess[]; stop(): Promise<void> }> {
  const JWT_SECRET = randomUUID() + randomUUID();
  const started = await Promise.allSettled(
    names.map((NODE_ID) => {
      const own = typeof settings === 'function' ? settings(NODE_ID) : settings;
      return startNode({ ...own, NODE_ID, JWT_SECRET }, program);
    }),
  );
  const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { nodes, stop };
}
