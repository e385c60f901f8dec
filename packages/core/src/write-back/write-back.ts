import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import type { StoreBreaker } from '../notifier/store-breaker.js';
import type { ShownDrafts } from '../outbox/shown-drafts.js';
import type { AppendOutcome } from '../ports/store.js';
import type { LoggedDraft, WriteBackLog } from '../ports/write-back-log.js';
import { pause } from '../time/pause.js';
import { appendInTurn } from './append-in-turn.js';

/** What a {@link WriteBack} works with. */
export interface WriteBackContext {
  readonly log: WriteBackLog;
  readonly breaker: Pick<StoreBreaker, 'append' | 'admits'>;
  readonly shown: ShownDrafts;
  readonly counters: LimitCounters;
  readonly maxUnstored: number;
  readonly publishOnly: boolean;
}

/** Drafts of one notification on their way into the log. */
interface Kept {
  readonly drafts: readonly LoggedDraft[];
  readonly number: number;
  settle(error?: NotifyError): void;
}

/** Drafts that the log is given in one call, but for a notification that has more. */
const maxDrafts = 500;
/** How long a publisher waits for the turn of its channel once the store is back. */
const turnMs = 5_000;
const askAgainMs = 1_000;

/**
 * Gives what cannot be stored to a log outside of the store, and replays what that hands out. A channel of which
 * something may still wait there is held: what comes later for it follows into the log while the store is down,
 * and waits for its turn once the store is back, so that nothing overtakes.
 */
export class WriteBack {
  readonly #context: WriteBackContext;
  readonly #closing = new AbortController();
  /** The last notification that was given to the log, for each channel that is held. */
  readonly #held = new Map<string, number>();
  readonly #waiting: Kept[] = [];
  #given = 0;
  /** All up to this one are in the log, or were refused. */
  #settled = 0;
  #isGiving = false;
  #isAsking = false;
  #released: (() => void)[] = [];
  /** What the log failed with, until it is known to work again. */
  #failure: unknown;

  constructor(context: WriteBackContext) {
    this.#context = context;
  }

  start(): Promise<void> {
    const { log, publishOnly } = this.#context;
    return log.start(publishOnly ? undefined : (drafts) => this.#replay(drafts));
  }

  /** What is to be known of the log: what waits there for all that this node knows, and what is in the way. */
  get reasons(): readonly string[] {
    const { size } = this.#held;
    const waiting = size > 0 ? [`write-back: ${size} channels wait for the replay of the log`] : [];
    const failure = this.#failure;
    if (failure === undefined) return waiting;
    return [...waiting, `write-back: ${failure instanceof Error ? failure.message : 'failed'}`];
  }

  /** Whether something of one of these channels may wait in the log. */
  holds(channels: readonly string[]): boolean {
    return this.#held.size > 0 && channels.some((channel) => this.#held.has(channel));
  }

  /** Resolves whether it is the turn of these channels; false while the store is down, or after five seconds. */
  async untilTurn(channels: readonly string[]): Promise<boolean> {
    const deadline = performance.now() + turnMs;
    while (this.holds(channels)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || !this.#context.breaker.admits || this.#closing.signal.aborted)
        return false;
      const timeout = new AbortController();
      const released = new Promise<void>((resolve) => this.#released.push(resolve));
      await Promise.race([released, pause(leftMs, timeout.signal)]);
      timeout.abort();
    }
    return true;
  }

  /**
   * Resolves when the log has them. Rejects with `STORE_UNAVAILABLE` where it does not take them,
   * `LIMIT_EXCEEDED` where too many are on their way there, `CLOSED`.
   */
  keep(drafts: readonly LoggedDraft[]): Promise<void> {
    const { counters, maxUnstored } = this.#context;
    if (this.#closing.signal.aborted) throw goingAway();
    if (this.#waiting.length >= maxUnstored) {
      throw counters.exceeded('unstored', `${maxUnstored} notifications wait (maxUnstored)`);
    }
    this.#given += 1;
    const number = this.#given;
    for (const { channel } of drafts) this.#held.set(channel, number);
    return new Promise((resolve, reject) => {
      const settle = (error?: NotifyError): void =>
        error === undefined ? resolve() : reject(error);
      this.#waiting.push({ drafts, number, settle });
      if (!this.#isGiving) void this.#give();
    });
  }

  /** Replays nothing more. */
  async drain(): Promise<void> {
    await this.#context.log.drain();
    this.#context.shown.flush();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const { settle } of this.#waiting.splice(0)) settle(goingAway());
    for (const resolve of this.#released.splice(0)) resolve();
    await this.#context.log.close();
  }

  /** One call at a time, so that the log has them in their order; what comes up meanwhile goes together. */
  async #give(): Promise<void> {
    this.#isGiving = true;
    while (this.#waiting.length > 0) {
      const some = this.#next();
      const error = await this.#append(some.flatMap(({ drafts }) => drafts));
      this.#settled = some.at(-1)?.number ?? this.#settled;
      for (const { settle } of some) settle(error);
      if (!this.#isAsking) void this.#ask();
    }
    this.#isGiving = false;
  }

  #next(): readonly Kept[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ drafts }, i) => {
      count += drafts.length;
      return i > 0 && count > maxDrafts;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #append(drafts: readonly LoggedDraft[]): Promise<NotifyError | undefined> {
    try {
      await this.#context.log.append(drafts);
      this.#failure = undefined;
      return undefined;
    } catch (cause) {
      this.#failure = cause;
      const message = 'the store does not take it now, and the write-back log neither';
      return new NotifyError('STORE_UNAVAILABLE', message, { cause });
    }
  }

  /** Until nothing waits there but what is still on its way into the log. */
  async #ask(): Promise<void> {
    this.#isAsking = true;
    const { signal } = this.#closing;
    while (!signal.aborted && this.#isHoldingSettled()) {
      const settled = this.#settled;
      try {
        await this.#context.log.replayed();
        this.#failure = undefined;
        this.#release(settled);
      } catch (error) {
        this.#failure = error;
        await pause(askAgainMs, signal);
      }
    }
    this.#isAsking = false;
  }

  #isHoldingSettled(): boolean {
    for (const number of this.#held.values()) if (number <= this.#settled) return true;
    return false;
  }

  #release(upTo: number): void {
    for (const [channel, number] of this.#held) if (number <= upTo) this.#held.delete(channel);
    for (const resolve of this.#released.splice(0)) resolve();
  }

  async #replay(drafts: readonly LoggedDraft[]): Promise<readonly AppendOutcome[]> {
    const { breaker, shown } = this.#context;
    const outcomes = await appendInTurn(breaker, drafts);
    // What will be replayed again is not told yet.
    const isDone = outcomes.map((each) => each.status !== 'failed' || !each.error.retryable);
    shown.took({
      drafts: drafts.filter((_, i) => isDone[i]),
      outcomes: outcomes.filter((_, i) => isDone[i]),
    });
    return outcomes;
  }
}

function goingAway(): NotifyError {
  return new NotifyError('CLOSED', 'this node is going away');
}
