import { defineCatalogue } from '@realtime-notify/core';
import { z } from 'zod';
import { type TestCluster, testCluster } from '../../src/cluster/test-cluster.js';
import type { Deployment } from './deployment.js';
import { channelOf, type History } from './history.js';

const note = z.object({ text: z.string(), key: z.string().optional() });
export const catalogue = defineCatalogue({ note });

/** Small bounds, so that small histories reach them. */
export const settings = {
  reorderMs: 20,
  ringCount: 4,
  pageItems: 3,
  maxBufferedBytes: 1_500,
  publishWaitMs: 300,
  feedGraceMs: 2_000,
  positionCheckMs: 1_000,
  beaconMs: 60_000,
  // Histories have no transactions.
  relay: false,
};

/** The nodes of the test kit, for one history. */
export async function simulatedDeployment({ seed, nodes }: History): Promise<{
  readonly deployment: Deployment;
  readonly cluster: TestCluster<{ note: typeof note }>;
}> {
  const cluster = await testCluster({ catalogue, nodes, seed, notifier: settings });
  const { broker, store } = cluster;
  const deployment: Deployment = {
    nodes,
    notify: async (node, request) => cluster.node(node).notifier.notifyUnchecked(request),
    isUp: (node) => cluster.node(node).isUp,
    client: (request) => cluster.client(request),
    crash: (node) => cluster.node(node).crash(),
    restart: (node) => cluster.node(node).restart(),
    hurt: async (step) => {
      switch (step.do) {
        case 'drop':
        case 'duplicate':
        case 'reorder':
          broker[step.do](step.share);
          return true;
        case 'delay':
          broker.delay({ minMs: 0, maxMs: step.maxMs });
          return true;
        case 'partition':
          broker.partition(step.node % nodes, step);
          return true;
        case 'brokerDown':
          broker.down();
          return true;
        case 'brokerUp':
          broker.heal();
          return true;
        case 'storeFails':
          store.fail(step.how, step.share);
          return true;
        case 'storeSlow':
          store.slow({ minMs: 0, maxMs: step.maxMs });
          return true;
        case 'storeRecovers':
          store.recover();
          return true;
        case 'loseEverything':
          store.loseEverything();
          return true;
        case 'loseTail':
        case 'trim':
          store[step.do](channelOf(step.channel), step.count);
          return true;
        default:
          return false;
      }
    },
    heal: async () => cluster.heal(),
    log: async (channel) => cluster.log(channel),
    undisturbed: (work) => work(),
    advance: (ms) => cluster.advance(ms),
    // A loss is noticed by one node's position check, and by another's that it was.
    mend: () => cluster.advance(settings.positionCheckMs * 2 + 300),
    // Well before the next position check.
    resyncMs: 150,
  };
  return { deployment, cluster };
}
