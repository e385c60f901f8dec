import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

memoryWriteBackContract(WrappedWriteBack);
