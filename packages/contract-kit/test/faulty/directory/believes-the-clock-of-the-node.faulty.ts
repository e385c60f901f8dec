import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class BelievesTheClockOfTheNode extends WrappedDirectory {
  #addedAt = 0;

  override add(userIds: readonly string[]): Promise<void> {
    this.#addedAt = Date.now();
    return super.add(userIds);
  }

  override async where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    const found = await super.where(userIds);
    return Date.now() - this.#addedAt > 60_000 ? found.map(() => []) : found;
  }
}

memoryDirectoryContract(BelievesTheClockOfTheNode);
