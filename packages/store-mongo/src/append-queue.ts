import type { AppendOutcome } from '@realtime-notify/core';
import type { Head } from './documents.js';
import { callFailed, unavailable } from './driver-errors.js';
import type { Attempted, ChannelDrafts } from './log-writer.js';
import type { LogDraft } from './outbox-drafts.js';

/** One attempt for several channels. */
export type Attempt = (work: readonly ChannelDrafts[]) => Promise<readonly Attempted[]>;

interface Waiting {
  readonly draft: LogDraft;
  readonly until: number;
  settle(outcome: AppendOutcome): void;
}

interface Line {
  readonly waiting: Waiting[];
  /** In a row. */
  lost: number;
  /** Where the last attempt, which lost, took the log to stand. */
  after: Head | undefined;
  busy: boolean;
}

/** The most that one attempt takes of one channel, and over all. */
const maxPerChannel = 100;
const maxPerAttempt = 1_000;
/**
 * Whoever has lost its place waits for up to so many times as long as the attempt took, so that rivals come apart;
 * whoever loses again and again does not wait.
 */
const pauseFactor = 3;
const patientLosses = 3;

/**
 * Appends of one channel one after the other, so that this process is never its own rival, and together where
 * several wait; of many channels together. A place lost to another process is tried again a little later.
 */
export class AppendQueue {
  readonly #attempt: Attempt;
  readonly #timeoutMs: number;
  readonly #lines = new Map<string, Line>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #woken = false;

  constructor(attempt: Attempt, timeoutMs: number) {
    this.#attempt = attempt;
    this.#timeoutMs = timeoutMs;
  }

  append(drafts: readonly LogDraft[]): Promise<readonly AppendOutcome[]> {
    const until = performance.now() + this.#timeoutMs;
    const outcomes = drafts.map(
      (draft) =>
        new Promise<AppendOutcome>((settle) => {
          this.#lineOf(draft.channel).waiting.push({ draft, until, settle });
        }),
    );
    this.#wake();
    return Promise.all(outcomes);
  }

  /** Fails all that wait. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const { waiting } of this.#lines.values()) fail(waiting, unavailable('closed'));
    this.#lines.clear();
  }

  #lineOf(channel: string): Line {
    const line = this.#lines.get(channel) ?? {
      waiting: [],
      lost: 0,
      after: undefined,
      busy: false,
    };
    this.#lines.set(channel, line);
    return line;
  }

  /** Soon: what is asked for in one turn goes together. */
  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      for (const work of this.#idle()) void this.#run(work);
    });
  }

  /** Everything that waits in lines that are not busy, in parts of bounded size. */
  #idle(): readonly (readonly string[])[] {
    const parts: string[][] = [];
    let size = maxPerAttempt;
    for (const [channel, line] of this.#lines) {
      if (line.busy || line.waiting.length === 0) continue;
      line.busy = true;
      const count = Math.min(line.waiting.length, maxPerChannel);
      const part = parts.at(-1);
      if (part === undefined || size + count > maxPerAttempt) {
        parts.push([channel]);
        size = count;
      } else {
        part.push(channel);
        size += count;
      }
    }
    return parts;
  }

  async #run(channels: readonly string[]): Promise<void> {
    const work = channels.map((channel) => {
      const { waiting, after } = this.#lineOf(channel);
      const first = waiting.slice(0, maxPerChannel);
      return { channel, drafts: first.map(({ draft }) => draft), after };
    });
    const began = performance.now();
    try {
      const attempted = await this.#attempt(work);
      const tookMs = performance.now() - began;
      for (const [i, { channel, drafts }] of work.entries()) {
        const done = attempted[i];
        if (done !== undefined) this.#took(channel, drafts.length, done, tookMs);
      }
    } catch (error) {
      for (const { channel, drafts } of work) {
        const line = this.#lineOf(channel);
        fail(line.waiting.splice(0, drafts.length), callFailed(error));
        this.#free(channel, line);
      }
    }
    this.#wake();
  }

  #took(channel: string, count: number, { outcomes, head }: Attempted, tookMs: number): void {
    const line = this.#lineOf(channel);
    for (const [i, { settle }] of line.waiting.splice(0, outcomes.length).entries()) {
      const outcome = outcomes[i];
      if (outcome !== undefined) settle(outcome);
    }
    if (outcomes.length === count) {
      line.lost = 0;
      line.after = undefined;
      this.#free(channel, line);
      return;
    }
    line.lost = outcomes.length > 0 ? 1 : line.lost + 1;
    line.after = head;
    const now = performance.now();
    const late = line.waiting.findIndex(({ until }) => until > now);
    const inVain = unavailable('others appended to the channel all the time');
    fail(line.waiting.splice(0, late === -1 ? line.waiting.length : late), inVain);
    const pauseMs = line.lost > patientLosses ? 0 : Math.random() * pauseFactor * tookMs;
    this.#later(pauseMs, () => this.#free(channel, line));
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
      this.#wake();
    }, ms);
    this.#timers.add(timer);
  }

  #free(channel: string, line: Line): void {
    line.busy = false;
    if (line.waiting.length === 0 && this.#lines.get(channel) === line) this.#lines.delete(channel);
  }
}

function fail(waiting: readonly Waiting[], error: ReturnType<typeof unavailable>): void {
  for (const { settle } of waiting) settle({ status: 'failed', error });
}
