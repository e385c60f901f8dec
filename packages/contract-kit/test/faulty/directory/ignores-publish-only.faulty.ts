import type { DirectorySink } from '@realtime-notify/core';
import { memoryDirectoryContract, WrappedDirectory } from './wrapped-directory.js';

class IgnoresPublishOnly extends WrappedDirectory {
  override start(nodeId: string, sink: DirectorySink): Promise<void> {
    return super.start(nodeId, sink);
  }
}

memoryDirectoryContract(IgnoresPublishOnly);
