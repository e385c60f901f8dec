import { NotifyError } from '../errors/notify-error.js';
import type { LoggedDraft, Replay, WriteBackLog } from '../ports/write-back-log.js';

const perReplay = 7;
const againMs = 100;

/** What several nodes write back through: records that outlive nodes, replayed by the node that is longest there. */
export class SharedLog {
  readonly records: LoggedDraft[] = [];
  readonly replays: (readonly LoggedDraft[])[] = [];
  /** Run before an append: a rejection fails it. */
  before: () => Promise<void> = async () => {};
  readonly #members = new Set<Replay>();
  #done = 0;
  #isReplaying = false;
  #waiting: { readonly end: number; resolve(): void }[] = [];

  node(): WriteBackLog {
    let own: Replay | undefined;
    const leave = async (): Promise<void> => {
      if (own !== undefined) this.#members.delete(own);
    };
    return {
      start: async (replay) => {
        own = replay;
        if (replay === undefined) return;
        this.#members.add(replay);
        void this.#replay();
      },
      append: async (drafts) => {
        await this.before();
        this.records.push(...drafts);
        void this.#replay();
      },
      replayed: () =>
        new Promise((resolve) => {
          this.#waiting.push({ end: this.records.length, resolve });
          this.#tell();
        }),
      drain: leave,
      close: leave,
    };
  }

  async #replay(): Promise<void> {
    if (this.#isReplaying) return;
    this.#isReplaying = true;
    for (;;) {
      const [member] = this.#members;
      const some = this.records.slice(this.#done, this.#done + perReplay);
      if (member === undefined || some.length === 0) break;
      this.replays.push(some);
      const outcomes = await member(some).catch(() => undefined);
      // Who has left meanwhile has committed nothing.
      const failed = outcomes?.findIndex(
        (each) => each.status === 'failed' && each.error.retryable,
      );
      if (this.#members.has(member) && failed !== undefined) {
        this.#done += failed === -1 ? some.length : failed;
      }
      this.#tell();
      if (failed !== -1) await new Promise((resolve) => setTimeout(resolve, againMs));
    }
    this.#isReplaying = false;
  }

  #tell(): void {
    for (const { end, resolve } of this.#waiting) if (end <= this.#done) resolve();
    this.#waiting = this.#waiting.filter(({ end }) => end > this.#done);
  }
}

export async function logAway(): Promise<void> {
  throw new NotifyError('BROKER_UNAVAILABLE', 'no log today');
}
