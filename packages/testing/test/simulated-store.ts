import type { FragileStore } from '@realtime-notify/contract-kit';
import { NotifyError, type Store } from '@realtime-notify/core';
import { beforeEach } from 'vitest';
import { SeededRandom } from '../src/random/seeded-random.js';
import { NodeStore } from '../src/store/node-store.js';
import { SharedStore } from '../src/store/shared-store.js';

/** What the contract suites need: stores of a server that each test has to itself. */
export function simulatedStores(): {
  create(): Store;
  createFragile(): Promise<FragileStore>;
} {
  let server = new SharedStore(new SeededRandom(1));
  beforeEach(() => {
    server = new SharedStore(new SeededRandom(1));
  });
  return {
    create: () => new NodeStore(server),
    createFragile: async () => {
      let isAway = false;
      const mustBeThere = (): void => {
        if (isAway) throw new NotifyError('STORE_UNAVAILABLE', 'the store is out of reach');
      };
      const store = new NodeStore(server, async (work) => {
        mustBeThere();
        const answer = await server.serve(work);
        mustBeThere();
        return answer;
      });
      const goAway = async (): Promise<void> => {
        isAway = true;
      };
      return { store, goAway };
    },
  };
}
