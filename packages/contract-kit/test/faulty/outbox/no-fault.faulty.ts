import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

memoryOutboxContract(WrappedOutbox);
