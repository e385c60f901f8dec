import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class StaysAfterDrain extends WrappedDirectory {
  override async drain(): Promise<void> {}
}

memoryDirectoryContract(StaysAfterDrain);
