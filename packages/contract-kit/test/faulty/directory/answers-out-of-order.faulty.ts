import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class AnswersOutOfOrder extends WrappedDirectory {
  override async where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    return (await super.where(userIds)).toReversed();
  }
}

memoryDirectoryContract(AnswersOutOfOrder);
