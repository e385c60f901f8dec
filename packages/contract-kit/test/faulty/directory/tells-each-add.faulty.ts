import type { DirectorySink, DirectoryStartOptions } from '@realtime-notify/core';
import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class TellsEachAdd extends WrappedDirectory {
  #sink: DirectorySink | undefined;

  override start(
    nodeId: string,
    sink: DirectorySink,
    options?: DirectoryStartOptions,
  ): Promise<void> {
    this.#sink = sink;
    const presence = (): void => {};
    return super.start(
      nodeId,
      { ...sink, status: (state) => sink.status(state), presence },
      options,
    );
  }

  override async add(userIds: readonly string[]): Promise<void> {
    await super.add(userIds);
    this.#sink?.presence(userIds.map((userId) => ({ userId, online: true })));
  }
}

memoryDirectoryContract(TellsEachAdd);
