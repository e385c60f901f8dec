import { memoryDirectory } from '@realtime-notify/core';
import { directoryContract } from './directory/directory-contract.js';

directoryContract({
  name: 'memory',
  capabilities: { shared: false },
  createNode: () => memoryDirectory(),
});
