import { writeBackContract } from '@realtime-notify/contract-kit';
import {
  type LoggedDraft,
  MemoryDrafts,
  memoryWriteBack,
  type Replay,
  type WriteBackLog,
} from '@realtime-notify/core';

/** A log that does all as the one inside; faults override a method. */
export class WrappedWriteBack implements WriteBackLog {
  readonly #inner: WriteBackLog;

  constructor(inner: WriteBackLog) {
    this.#inner = inner;
  }

  start(replay: Replay | undefined): Promise<void> {
    return this.#inner.start(replay);
  }

  append(drafts: readonly LoggedDraft[]): Promise<void> {
    return this.#inner.append(drafts);
  }

  replayed(): Promise<void> {
    return this.#inner.replayed();
  }

  drain(): Promise<void> {
    return this.#inner.drain();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Runs the write-back contract against logs in memory, with a fault around each node's. */
export function memoryWriteBackContract(Faulty: new (inner: WriteBackLog) => WriteBackLog): void {
  writeBackContract({
    name: Faulty.name,
    remote: false,
    createLog: () => {
      const drafts = new MemoryDrafts();
      return { createNode: () => new Faulty(memoryWriteBack({ drafts })) };
    },
    // In memory everything comes within moments.
    patienceMs: 1_500,
  });
}
