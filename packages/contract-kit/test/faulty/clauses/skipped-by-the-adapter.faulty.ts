import { storeContract } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';
import { beforeEach } from 'vitest';

beforeEach(({ task, skip }) => {
  if (task.name.startsWith('S3')) skip('ours is different there');
});

storeContract({ name: 'skips S3', shared: false, create: (tuning) => memoryStore(tuning) });
