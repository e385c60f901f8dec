import { outboxContract } from '@realtime-notify/contract-kit';
import { memoryTransaction } from '@realtime-notify/core';
import { simulatedStores } from './simulated-store.js';

outboxContract({
  name: 'simulated',
  shared: true,
  ...simulatedStores(),
  begin: async () => {
    const session = memoryTransaction();
    return { session, commit: () => session.commit(), rollback: () => session.rollback() };
  },
});
