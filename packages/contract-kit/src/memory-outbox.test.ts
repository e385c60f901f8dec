import { memoryStore, memoryTransaction } from '@realtime-notify/core';
import { outboxContract } from './outbox/outbox-contract.js';

outboxContract({
  name: 'memory',
  shared: false,
  create: () => memoryStore(),
  begin: async () => {
    const session = memoryTransaction();
    return {
      session,
      commit: () => session.commit(),
      rollback: () => session.rollback(),
    };
  },
});
