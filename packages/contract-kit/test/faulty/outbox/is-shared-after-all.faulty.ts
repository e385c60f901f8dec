import { outboxContract } from '@realtime-notify/contract-kit';
import { memoryStore, type Outbox } from '@realtime-notify/core';
import { WrappedStore } from '../store/wrapped-store.js';
import { beginInMemory } from './wrapped-outbox.js';

const one = memoryStore();

class IsSharedAfterAll extends WrappedStore {
  override readonly shared = true;
  readonly outbox: Outbox | undefined = one.outbox;

  override async close(): Promise<void> {}
}

outboxContract({
  name: 'IsSharedAfterAll',
  shared: false,
  create: () => new IsSharedAfterAll(one),
  begin: async () => beginInMemory(),
  patienceMs: 200,
});
