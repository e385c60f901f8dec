import { SharedOutbox, sharedOutboxContract } from './shared-memory-outbox.js';

sharedOutboxContract(SharedOutbox);
