import { outboxContract } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';
import { beginInMemory } from './wrapped-outbox.js';

outboxContract({
  name: 'says-shared',
  shared: true,
  create: () => memoryStore(),
  begin: async () => beginInMemory(),
  createFragile: async () => ({ store: memoryStore(), goAway: async () => {} }),
  patienceMs: 200,
});
