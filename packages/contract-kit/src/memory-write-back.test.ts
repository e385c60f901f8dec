import { MemoryDrafts, memoryWriteBack } from '@realtime-notify/core';
import { writeBackContract } from './write-back/write-back-contract.js';

writeBackContract({
  name: 'memory',
  remote: false,
  createLog: () => {
    const drafts = new MemoryDrafts();
    return { createNode: () => memoryWriteBack({ drafts }) };
  },
});
