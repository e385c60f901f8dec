import { directoryContract } from '@realtime-notify/contract-kit';
import {
  type Directory,
  type DirectoryCapabilities,
  type DirectorySink,
  type DirectoryStartOptions,
  memoryDirectory,
} from '@realtime-notify/core';

/** A directory that does all as the one inside; faults override a method. */
export class WrappedDirectory implements Directory {
  readonly #inner: Directory;

  constructor(inner: Directory) {
    this.#inner = inner;
  }

  get capabilities(): DirectoryCapabilities {
    return this.#inner.capabilities;
  }

  start(nodeId: string, sink: DirectorySink, options?: DirectoryStartOptions): Promise<void> {
    return this.#inner.start(nodeId, sink, options);
  }

  add(userIds: readonly string[]): Promise<void> {
    return this.#inner.add(userIds);
  }

  remove(userIds: readonly string[]): Promise<void> {
    return this.#inner.remove(userIds);
  }

  where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#inner.where(userIds);
  }

  drain(): Promise<void> {
    return this.#inner.drain();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Runs the directory contract against memory directories with a fault around each. */
export function memoryDirectoryContract(Faulty: new (inner: Directory) => Directory): void {
  directoryContract({
    name: Faulty.name,
    capabilities: { shared: false },
    createNode: () => new Faulty(memoryDirectory()),
    // What a memory directory knows is there at once, or never.
    patienceMs: 200,
  });
}
