import { directoryContract } from '@realtime-notify/contract-kit';
import { memoryDirectory } from '@realtime-notify/core';
import { WrappedDirectory } from './wrapped-directory.js';

class SaysShared extends WrappedDirectory {
  override get capabilities() {
    return { shared: true };
  }
}

const create = () => new SaysShared(memoryDirectory());

directoryContract({
  name: SaysShared.name,
  capabilities: { shared: true },
  createNode: create,
  shared: {
    createFragile: async () => ({ directory: create(), goAway: async () => {} }),
    interrupt: async () => {},
    loseData: async () => {},
    usersHeld: async () => [],
  },
  patienceMs: 200,
});
