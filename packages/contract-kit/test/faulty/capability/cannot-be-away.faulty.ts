import { storeContract } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';

storeContract({
  name: 'a shared store that the suite cannot put away',
  shared: true,
  create: (tuning) => memoryStore(tuning),
});
