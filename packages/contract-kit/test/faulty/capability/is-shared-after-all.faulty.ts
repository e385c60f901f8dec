import { storeContract } from '@realtime-notify/contract-kit';
import { memoryStore, type Store } from '@realtime-notify/core';
import { WrappedStore } from '../store/wrapped-store.js';

/** Two instances over one log, and the adapter says that they are apart. */
class SharedAfterAll extends WrappedStore {
  override async close(): Promise<void> {}
}

const logs = new Map<string, Store>();

storeContract({
  name: 'is shared after all',
  shared: false,
  create: (tuning = {}) => {
    const key = JSON.stringify(tuning);
    const inner = logs.get(key) ?? memoryStore(tuning);
    logs.set(key, inner);
    return new SharedAfterAll(inner);
  },
});
