import { dueWorkContract } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';

/** Each instance keeps its own. */
dueWorkContract({
  name: 'says that its work is shared',
  shared: true,
  create: () => memoryStore(),
  createFragile: async () => {
    const store = memoryStore();
    return { store, goAway: () => store.close() };
  },
  patienceMs: 500,
});
