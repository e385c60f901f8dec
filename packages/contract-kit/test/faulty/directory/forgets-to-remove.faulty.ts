import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class ForgetsToRemove extends WrappedDirectory {
  override async remove(): Promise<void> {
    await super.remove([]);
  }
}

memoryDirectoryContract(ForgetsToRemove);
