import { outboxContract } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';
import { beginInMemory } from './wrapped-outbox.js';

outboxContract({
  name: 'a shared outbox that the suite cannot put away',
  shared: true,
  create: () => memoryStore(),
  begin: async () => beginInMemory(),
});
