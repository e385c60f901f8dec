import type { DirectorySink, DirectoryStartOptions } from '@realtime-notify/core';
import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class LeavesATimer extends WrappedDirectory {
  override async start(
    nodeId: string,
    sink: DirectorySink,
    options?: DirectoryStartOptions,
  ): Promise<void> {
    await super.start(nodeId, sink, options);
    setInterval(() => {}, 60_000);
  }
}

memoryDirectoryContract(LeavesATimer);
