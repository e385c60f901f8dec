import { memoryStore } from '@realtime-notify/core';
import { dueWorkContract } from './due-work/due-work-contract.js';

dueWorkContract({
  name: 'memory',
  shared: false,
  create: () => memoryStore(),
});
