import { writeBackContract } from '@realtime-notify/contract-kit';
import { MemoryDrafts, memoryWriteBack } from '@realtime-notify/core';

writeBackContract({
  name: 'says that it is remote',
  remote: true,
  createLog: () => {
    const drafts = new MemoryDrafts();
    return { createNode: () => memoryWriteBack({ drafts }) };
  },
});
