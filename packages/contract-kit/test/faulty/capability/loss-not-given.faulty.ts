import { directoryContract } from '@realtime-notify/contract-kit';
import { memoryDirectory } from '@realtime-notify/core';

directoryContract({
  name: 'a shared directory that the suite cannot put through a loss',
  capabilities: { shared: true },
  createNode: () => memoryDirectory(),
});
