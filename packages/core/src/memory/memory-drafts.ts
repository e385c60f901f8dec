import { NotifyError } from '../errors/notify-error.js';
import type { LoggedDraft, Replay } from '../ports/write-back-log.js';
import { pause } from '../time/pause.js';

/** A node that replays. */
interface Member {
  readonly replay: Replay;
  /** What it does still does not count. */
  readonly gone: AbortController;
  /** What it does now. */
  working: Promise<readonly Waiting[]> | undefined;
}

/** A draft with its place among all that were ever logged. */
interface Waiting {
  readonly number: number;
  readonly draft: LoggedDraft;
}

/** A node's part in the replay of {@link MemoryDrafts}. */
export interface DraftsMembership {
  /** Begins nothing more; resolves when what it has begun has ended. */
  drain(): Promise<void>;
  /** Ends at once: what it has begun is replayed again by others. */
  leave(): void;
}

/** Drafts that wait here at most. */
const maxWaiting = 100_000;
const maxTogether = 100;
const againMs = 50;

/**
 * Joins memory write-back logs of one process as if they were nodes; for tests. The node that is there longest
 * replays, one call at a time.
 */
export class MemoryDrafts {
  #waiting: Waiting[] = [];
  #logged = 0;
  readonly #members = new Set<Member>();
  readonly #turns = new Set<{ readonly upTo: number; readonly come: () => void }>();
  #isReplaying = false;

  /** Has `replay` called from now on with what waits. */
  join(replay: Replay): DraftsMembership {
    const member: Member = { replay, gone: new AbortController(), working: undefined };
    this.#members.add(member);
    void this.#replayAll();
    return {
      drain: async () => {
        this.#members.delete(member);
        await member.working;
      },
      leave: () => {
        this.#members.delete(member);
        member.gone.abort();
      },
    };
  }

  /** @throws NotifyError `BROKER_UNAVAILABLE` where too many wait */
  append(drafts: readonly LoggedDraft[]): void {
    if (this.#waiting.length + drafts.length > maxWaiting) {
      throw new NotifyError('BROKER_UNAVAILABLE', `${maxWaiting} drafts wait in memory`);
    }
    for (const draft of drafts) {
      this.#logged += 1;
      this.#waiting.push({ number: this.#logged, draft });
    }
    void this.#replayAll();
  }

  /** Resolves once all that waits now was replayed, or `signal` aborts. */
  untilReplayed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const come = (): void => {
        this.#turns.delete(turn);
        signal.removeEventListener('abort', come);
        resolve();
      };
      const turn = { upTo: this.#logged, come };
      this.#turns.add(turn);
      signal.addEventListener('abort', come);
      this.#tell();
    });
  }

  async #replayAll(): Promise<void> {
    if (this.#isReplaying) return;
    this.#isReplaying = true;
    for (;;) {
      const [member] = this.#members;
      const some = this.#waiting.slice(0, maxTogether);
      if (member === undefined || some.length === 0) break;
      member.working = replayBy(member, some);
      const left = await member.working;
      this.#waiting.splice(0, some.length, ...left);
      this.#tell();
    }
    this.#isReplaying = false;
  }

  #tell(): void {
    const first = this.#waiting[0]?.number ?? Number.POSITIVE_INFINITY;
    for (const { upTo, come } of this.#turns) if (first > upTo) come();
  }
}

/** Has a member replay some; resolves with those that are to be replayed again, after a moment. */
async function leftOf({ replay, gone }: Member, some: readonly Waiting[]) {
  const outcomes = await replay(some.map(({ draft }) => draft)).catch(() => undefined);
  const left = some.filter((_, i) => {
    const outcome = outcomes?.[i];
    // Who has rejected cannot say what became of them.
    return outcome === undefined || (outcome.status === 'failed' && outcome.error.retryable);
  });
  if (left.length > 0) await pause(againMs, gone.signal);
  return left;
}

/** The same; with all of them as soon as the member is gone. */
function replayBy(member: Member, some: readonly Waiting[]): Promise<readonly Waiting[]> {
  const { signal } = member.gone;
  return new Promise((resolve) => {
    const abandon = (): void => resolve(some);
    signal.addEventListener('abort', abandon);
    void leftOf(member, some).then((left) => {
      signal.removeEventListener('abort', abandon);
      resolve(left);
    });
  });
}
