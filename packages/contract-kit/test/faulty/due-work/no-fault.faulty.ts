import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

memoryDueWorkContract(WrappedDueWork);
