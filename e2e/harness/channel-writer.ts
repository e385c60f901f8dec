import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../packages/core/src/index.js';
import { asObject } from './notification.js';
import { post } from './post.js';

export interface ChannelWriterOptions {
  readonly base: string;
  readonly user: string;
  /** Between two notifications. */
  readonly pauseMs: number;
  /** It stops by itself after so many. */
  readonly limit: number;
}

/** Publishes 0, 1, 2 ... to one user at one node, one after the other, and keeps what became of each. */
export class ChannelWriter {
  /** Those that were answered with success, in their order. */
  readonly accepted: number[] = [];
  /** Of these, those that waited for the store. */
  buffered = 0;
  /** The one whose answer did not come: it may be there or not. */
  lost: number | undefined;
  readonly #options: ChannelWriterOptions;
  readonly #running: Promise<void>;
  #isStopped = false;

  constructor(options: ChannelWriterOptions) {
    this.#options = options;
    this.#running = this.#run();
    // `stop` tells it.
    this.#running.catch(() => {});
  }

  get stored(): number {
    return this.accepted.length - this.buffered;
  }

  /** Rejects where something was refused. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Resolves with what is wrong with the channel in the store. */
  async problems(store: Store): Promise<readonly string[]> {
    const { user } = this.#options;
    const there = await numbersOf(store, user);
    const known = there.filter((n) => n !== this.lost);
    const problems: string[] = [];
    if (there.length - known.length > 1) problems.push(`${user}: ${this.lost} is there twice`);
    if (known.join() !== this.accepted.join()) {
      const missing = this.accepted.filter((n) => !known.includes(n));
      problems.push(
        `${user}: ${this.accepted.length} accepted, ${known.length} there, missing ${missing.slice(0, 5)}, order ${firstDisorder(known)}`,
      );
    }
    return problems;
  }

  async #run(): Promise<void> {
    const { base, user, pauseMs, limit } = this.#options;
    for (let n = 0; n < limit && !this.#isStopped; n += 1) {
      const request = { to: { user }, type: 'message', data: { text: String(n) } };
      const answer = await post(base, '/demo/notify', request).catch(() => undefined);
      if (answer === undefined) {
        this.lost = n;
        return;
      }
      if (answer.status > 299) throw new Error(`refused: ${JSON.stringify(answer)}`);
      this.accepted.push(n);
      if (asObject(answer.body, 'a result').buffered === true) this.buffered += 1;
      if (pauseMs > 0) await delay(pauseMs);
    }
  }
}

/** The numbers in a user's channel, by their offsets. */
export async function numbersOf(store: Store, user: string): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let after = 0; ; ) {
    const [page] = await store.readAfter([{ channel: `user:${user}`, after, limit: 500 }]);
    const items = page?.items ?? [];
    for (const { dataJson, offset } of items) {
      numbers.push(Number(asObject(JSON.parse(dataJson), 'data').text));
      after = offset;
    }
    if (items.length === 0) return numbers;
  }
}

function firstDisorder(numbers: readonly number[]): string {
  const at = numbers.findIndex((n, i) => n !== (numbers[i - 1] ?? -1) + 1);
  return at === -1 ? 'kept' : `lost: ${numbers.slice(Math.max(0, at - 2), at + 3)}`;
}
