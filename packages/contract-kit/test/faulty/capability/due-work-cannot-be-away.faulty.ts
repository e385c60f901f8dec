import { memoryDueWorkContract, WrappedDueWork } from '../due-work/wrapped-due-work.js';

memoryDueWorkContract(WrappedDueWork, { shared: true });
