import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger, NotifyError, NotifyRequest } from '@realtime-notify/core';
import { backoffMs, pause } from '../deadline.js';
import type { ReadEntry } from '../group/read-entries.js';
import type { OpenedPartition, PartitionWork } from '../kafka-client.js';
import type { Fault, Undeliverable } from './dead-letter.js';
import type { Verdict } from './judge-record.js';
import type { SendMany } from './send-many.js';

export interface LineContext<Request = NotifyRequest> {
  /** Who has it work, for the log. */
  readonly owner: 'kafka-source' | 'kafka-write-back';
  judge(entry: ReadEntry): Promise<Verdict<Request>>;
  readonly sendMany: SendMany<Request>;
  writeDeadLetters(letters: readonly Undeliverable[]): Promise<void>;
  readonly logger: Logger;
  readonly maxPendingRecords: number;
  readonly maxPendingBytes: number;
  /** The longest pause before another attempt; the first is 200. */
  readonly longestPauseMs: number;
}

/** What is done in one go, in records and bytes. */
const chunkRecords = 100;
const chunkBytes = 262_144;
const firstPauseMs = 200;

/**
 * The work on one partition: its records in their order, some at a time. What is done in one go is judged
 * together, sent together, and counts as done when all of it is stored or a dead letter.
 */
export class PartitionLine<Request = NotifyRequest> implements PartitionWork {
  readonly topic: string;
  readonly partition: number;
  readonly #context: LineContext<Request>;
  readonly #opened: OpenedPartition;
  readonly #abort = new AbortController();
  #waiting: ReadEntry[] = [];
  #waitingBytes = 0;
  #working: Promise<void> | undefined;
  #draining = false;
  /** Attempts in a row that failed. */
  #failures = 0;

  constructor(context: LineContext<Request>, opened: OpenedPartition) {
    this.topic = opened.topic;
    this.partition = opened.partition;
    this.#context = context;
    this.#opened = opened;
  }

  get hasRoom(): boolean {
    const { maxPendingRecords, maxPendingBytes } = this.#context;
    return this.#waiting.length < maxPendingRecords && this.#waitingBytes < maxPendingBytes;
  }

  take(entries: readonly ReadEntry[]): void {
    if (this.#abort.signal.aborted) return;
    for (const entry of entries) {
      this.#waiting.push(entry);
      this.#waitingBytes += entry.bytes;
    }
    this.#start();
  }

  async drain(): Promise<void> {
    this.#draining = true;
    // What fails now would fail for as long as the store is down.
    if (this.#failures > 0) this.#abort.abort();
    while (this.#working !== undefined) await this.#working;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#working;
  }

  #start(): void {
    if (this.#waiting.length === 0 || this.#abort.signal.aborted) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // What was taken after the last look.
      this.#start();
    });
  }

  async #work(): Promise<void> {
    const { signal } = this.#abort;
    while (this.#waiting.length > 0 && !signal.aborted) {
      const entries = this.#chunk();
      try {
        const done = await this.#handle(entries);
        this.#failures = 0;
        this.#finish(done);
      } catch (error) {
        await this.#failed(error);
      }
      await nextTurn();
    }
  }

  #chunk(): readonly ReadEntry[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((entry, i) => {
      bytes += entry.bytes;
      return i > 0 && (i >= chunkRecords || bytes > chunkBytes);
    });
    return this.#waiting.slice(0, end === -1 ? this.#waiting.length : end);
  }

  /** Resolves with how many of them are done, from the first on; rejects where none can be now. */
  async #handle(entries: readonly ReadEntry[]): Promise<number> {
    const verdicts = await Promise.all(entries.map((entry) => this.#context.judge(entry)));
    const [first] = verdicts;
    if (first !== undefined && 'later' in first) throw first.later;
    const blocked = verdicts.findIndex((verdict) => 'later' in verdict);
    const judged = blocked === -1 ? verdicts : verdicts.slice(0, blocked);
    const { refused, sent } = await this.#send(judged);
    const letters = judged.slice(0, sent).flatMap((verdict, i) => {
      const fault = 'fault' in verdict ? verdict.fault : refused.get(i);
      return fault === undefined ? [] : this.#letter(entries[i], fault);
    });
    const written = await this.#retrying(() => this.#context.writeDeadLetters(letters));
    return written ? sent : 0;
  }

  /**
   * Sends all that is to be sent, in order. Resolves with what was refused for good, by its verdict, and with
   * how many verdicts are done with: not all where it is to end first.
   */
  async #send(verdicts: readonly Verdict<Request>[]) {
    const refused = new Map<number, Fault>();
    let left = verdicts.flatMap((verdict, i) =>
      'requests' in verdict ? verdict.requests.map((request) => ({ i, request })) : [],
    );
    await this.#retrying(async () => {
      const outcomes = await this.#context.sendMany(left.map(({ request }) => request));
      const passing = new Set<(typeof left)[number]>();
      let failure: NotifyError | undefined;
      for (const [n, outcome] of outcomes.entries()) {
        const tried = left[n];
        if (outcome.status === 'sent' || tried === undefined) continue;
        const { error } = outcome;
        if (isForGood(error)) refused.set(tried.i, { reason: 'refused', error });
        else {
          failure ??= error;
          passing.add(tried);
        }
      }
      left = left.filter((each) => passing.has(each));
      if (failure !== undefined) throw failure;
    });
    return { refused, sent: left[0]?.i ?? verdicts.length };
  }

  /** Does it until it succeeds; false where it is to end first. */
  async #retrying(attempt: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await attempt();
        this.#failures = 0;
        return true;
      } catch (error) {
        await this.#failed(error);
        if (this.#abort.signal.aborted) return false;
      }
    }
  }

  async #failed(error: unknown): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    if (this.#failures === 0) {
      const facts = { topic: this.topic, partition: this.partition, err: error };
      const { logger, owner } = this.#context;
      logger.warn(facts, `${owner}: a partition waits, and will be tried again`);
    }
    this.#failures += 1;
    if (this.#draining) this.#abort.abort();
    const { longestPauseMs } = this.#context;
    await pause(backoffMs(this.#failures - 1, firstPauseMs, longestPauseMs), signal);
  }

  #finish(count: number): void {
    const hadRoom = this.hasRoom;
    const done = this.#waiting.splice(0, count);
    for (const { bytes } of done) this.#waitingBytes -= bytes;
    const last = done.at(-1);
    // Also of a line that is to end: what is stored need not be read again.
    if (last !== undefined) this.#opened.done(last.next);
    if (!hadRoom && this.hasRoom) this.#opened.roomMade();
  }

  #letter(entry: ReadEntry | undefined, fault: Fault): Undeliverable[] {
    const source = entry?.record ?? entry?.unreadable?.batch;
    if (source === undefined) return [];
    return [{ ...fault, topic: this.topic, partition: this.partition, source }];
  }
}

/** Whether this can never be sent. A notifier that is closing says nothing about it. */
function isForGood(error: NotifyError): boolean {
  return !error.retryable && error.code !== 'CLOSED';
}
