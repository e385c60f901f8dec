import { storeContract } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';
import { WrappedStore } from '../store/wrapped-store.js';

class SaysShared extends WrappedStore {
  override readonly shared = true;
}

storeContract({
  name: 'says shared',
  shared: true,
  create: (tuning) => new SaysShared(memoryStore(tuning)),
  createFragile: async () => ({ store: new SaysShared(memoryStore()), goAway: async () => {} }),
});
