import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { LoggedDraft, Replay, WriteBackLog } from '../ports/write-back-log.js';
import { type DraftsMembership, MemoryDrafts } from './memory-drafts.js';

/** Options of {@link memoryWriteBack}. */
export interface MemoryWriteBackOptions {
  /** Joins this log with others of the same process. Default: it is alone. */
  readonly drafts?: MemoryDrafts;
}

const optionsSchema = z.strictObject({ drafts: z.instanceof(MemoryDrafts).optional() });

/**
 * A WriteBackLog that lives as long as its process, for tests of what you do with `whenStoreDown: 'log'`. With
 * the same `drafts` several notifiers share one, as nodes would. At most 100,000 drafts wait.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function memoryWriteBack(options: MemoryWriteBackOptions = {}): WriteBackLog {
  const { drafts } = resolveOptions(optionsSchema, options, 'memoryWriteBack');
  return new MemoryWriteBack(drafts ?? new MemoryDrafts());
}

class MemoryWriteBack implements WriteBackLog {
  readonly #drafts: MemoryDrafts;
  readonly #closing = new AbortController();
  #membership: DraftsMembership | undefined;
  #isStarted = false;

  constructor(drafts: MemoryDrafts) {
    this.#drafts = drafts;
  }

  async start(replay: Replay | undefined): Promise<void> {
    if (this.#closing.signal.aborted) throw closed();
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (replay !== undefined) this.#membership = this.#drafts.join(replay);
  }

  async append(drafts: readonly LoggedDraft[]): Promise<void> {
    this.#mustBeOpen();
    this.#drafts.append(drafts);
  }

  async replayed(): Promise<void> {
    this.#mustBeOpen();
    await this.#drafts.untilReplayed(this.#closing.signal);
    if (this.#closing.signal.aborted) throw closed();
  }

  async drain(): Promise<void> {
    await this.#membership?.drain();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#membership?.leave();
  }

  #mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw closed();
    if (this.#isStarted) return;
    throw new NotifyError('NOT_STARTED', 'the write-back log is not started');
  }
}

function closed(): NotifyError {
  return new NotifyError('CLOSED', 'the write-back log is closed');
}
