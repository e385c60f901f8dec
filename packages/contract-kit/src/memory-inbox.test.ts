import { memoryStore } from '@realtime-notify/core';
import { inboxContract } from './inbox/inbox-contract.js';

inboxContract({ name: 'memory', shared: false, create: (tuning) => memoryStore(tuning) });
