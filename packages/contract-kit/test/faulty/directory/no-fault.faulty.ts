import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

memoryDirectoryContract(WrappedDirectory);
