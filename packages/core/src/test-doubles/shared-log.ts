import { NotifyError } from '../errors/notify-error.js';
import { MemoryDrafts } from '../memory/memory-drafts.js';
import { memoryWriteBack } from '../memory/memory-write-back.js';
import type { LoggedDraft, WriteBackLog } from '../ports/write-back-log.js';

/** A log in memory that several nodes write back through, with what was logged and replayed. */
export class SharedLog {
  readonly records: LoggedDraft[] = [];
  readonly replays: (readonly LoggedDraft[])[] = [];
  /** Run before an append: a rejection fails it. */
  before: () => Promise<void> = async () => {};
  /** Run before it is asked what was replayed, likewise. */
  beforeAsking: () => Promise<void> = async () => {};
  readonly #drafts = new MemoryDrafts();

  node(): WriteBackLog {
    const inner = memoryWriteBack({ drafts: this.#drafts });
    return {
      start: (replay) =>
        inner.start(
          replay &&
            ((drafts) => {
              this.replays.push(drafts);
              return replay(drafts);
            }),
        ),
      append: async (drafts) => {
        await this.before();
        this.records.push(...drafts);
        await inner.append(drafts);
      },
      replayed: async () => {
        await this.beforeAsking();
        await inner.replayed();
      },
      drain: () => inner.drain(),
      close: () => inner.close(),
    };
  }
}

export async function logAway(): Promise<void> {
  throw new NotifyError('BROKER_UNAVAILABLE', 'no log today');
}
