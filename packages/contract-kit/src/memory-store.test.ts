import { memoryStore } from '@realtime-notify/core';
import { storeContract } from './store/store-contract.js';

storeContract({
  name: 'memory',
  shared: false,
  create: (tuning) => memoryStore(tuning),
});
