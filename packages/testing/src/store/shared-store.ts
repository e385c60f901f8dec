import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type DueWork,
  type LogPage,
  MemoryDueWork,
  MemoryOutbox,
  NotifyError,
  type Outbox,
  originPosition,
  type Position,
  type ReadRequest,
} from '@realtime-notify/core';
import { type MsRange, msRange, type SeededRandom } from '../random/seeded-random.js';
import { noLog, SimulatedLog } from './simulated-log.js';
import type { StoreFaults } from './store-faults.js';

const atOnce: MsRange = { minMs: 0, maxMs: 0 };
/** Pieces of work, and drafts, that wait: as with `memoryStore`. */
const mostWaiting = 100_000;
// Whether a node may call is that node's business.
const alwaysOpen = (): void => {};

/** The store that all nodes of a cluster share, in memory. Idempotency keys live as long as their items' log. */
export class SharedStore implements StoreFaults {
  readonly #random: SeededRandom;
  readonly #logs = new Map<string, SimulatedLog>();
  /** What the nodes lease from one another. */
  readonly dueWork: DueWork = new MemoryDueWork(mostWaiting, alwaysOpen);
  /** Of `memoryTransaction`s. */
  readonly outbox: Outbox = new MemoryOutbox({
    maxDrafts: mostWaiting,
    // Within the call of `relay`, which has failed as a whole or not at all.
    append: (draft) => this.#logOf(draft.channel).append(draft),
    mustBeOpen: alwaysOpen,
  });
  #failing: { readonly how: 'refused' | 'unanswered'; readonly share: number } | undefined;
  #latency = atOnce;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  fail(how: 'refused' | 'unanswered' = 'refused', share = 1): void {
    this.#failing = { how, share };
  }

  slow(ms: number | MsRange): void {
    this.#latency = msRange(ms);
  }

  recover(): void {
    this.#failing = undefined;
    this.#latency = atOnce;
  }

  loseTail(channel: string, count: number): void {
    this.#logs.get(channel)?.loseTail(count);
  }

  loseEverything(): void {
    this.#logs.clear();
  }

  trim(channel: string, count: number): void {
    this.#logs.get(channel)?.trim(count);
  }

  /** Where a channel's log ends now, whatever nodes can find out. */
  head(channel: string): Position {
    return this.#logs.get(channel)?.head ?? originPosition;
  }

  state(channel: string): ChannelState {
    return {
      position: this.head(channel),
      stateJson: this.#logs.get(channel)?.stateJson ?? null,
    };
  }

  /** A draft may fail beside others that do not. */
  append(draft: Draft): AppendOutcome {
    const { how, share } = this.#failing ?? { how: 'unanswered', share: 0 };
    if (how === 'refused' && this.#random.happens(share)) {
      return { status: 'failed', error: unavailable('the store did not take it') };
    }
    return this.#logOf(draft.channel).append(draft);
  }

  page({ channel, after, limit }: ReadRequest): LogPage {
    return this.#logs.get(channel)?.page(after, limit) ?? noLog;
  }

  renewEpoch(channel: string, expected: string): Position {
    const log = this.#logs.get(channel);
    if (log?.head.epoch === expected) log.renewEpoch();
    return this.head(channel);
  }

  /** Does a node's call in its time, or not at all. */
  async serve<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
    await this.#onTheWay();
    const failing = this.#random.happens(this.#failing?.share ?? 0) ? this.#failing : undefined;
    if (failing?.how === 'refused') throw unavailable('the store does not answer');
    const answer = await work();
    if (failing !== undefined) throw unavailable('the answer of the store was lost');
    await this.#onTheWay();
    return answer;
  }

  #logOf(channel: string): SimulatedLog {
    let log = this.#logs.get(channel);
    if (log === undefined) {
      log = new SimulatedLog();
      this.#logs.set(channel, log);
    }
    return log;
  }

  #onTheWay(): Promise<void> {
    const ms = Math.ceil(this.#random.within(this.#latency) / 2);
    return new Promise((resolve) => {
      if (ms === 0) setImmediate(resolve);
      else setTimeout(resolve, ms);
    });
  }
}

function unavailable(message: string): NotifyError {
  return new NotifyError('STORE_UNAVAILABLE', message);
}
