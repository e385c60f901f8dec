import type { LogPage, ReadRequest, Store } from '../ports/store.js';
import type { Position } from '../positions/position.js';
import { leadsOn } from './judge-page.js';
import { RecentPages } from './recent-pages.js';

const maxPerCall = 500;
/** Longer than a thousand clients take to come back; memory is bounded by the bytes. */
const recentPagesMs = 30_000;
const recentPagesBytes = 16 * 1024 * 1024;

/** How much is read at once after a position. */
export interface PageSize {
  readonly pageItems: number;
  /** Of data; at least one notification is read in any case. */
  readonly pageBytes: number;
}

interface Waiter<Value> {
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Reads from the store for all feeds and emitters of the node: what is asked for in one tick goes in
 * one call, and equal questions under way share one answer. So a thousand clients that come back with
 * the same cursor cost one read.
 */
export class StoreReads {
  readonly #size: PageSize;
  readonly #pages: Coalescer<ReadRequest, LogPage>;
  readonly #positions: Coalescer<string, Position>;
  readonly #recent = new RecentPages(recentPagesMs, recentPagesBytes);

  constructor(store: Store, size: PageSize) {
    this.#size = size;
    this.#pages = new Coalescer(
      ({ channel, after, limit, maxBytes = 0 }) => `${after} ${limit} ${maxBytes} ${channel}`,
      (requests) => store.readAfter(requests),
    );
    this.#positions = new Coalescer(
      (channel) => channel,
      (channels) => store.positions(channels),
    );
  }

  /** A page of the channel's log. Rejects with `STORE_UNAVAILABLE`. */
  page(channel: string, after: number, limit: number): Promise<LogPage> {
    return this.#pages.ask({ channel, after, limit });
  }

  /**
   * The notification at a position, where it is still kept, and those that follow it.
   * Rejects with `STORE_UNAVAILABLE`.
   */
  pageFrom(channel: string, { offset }: Position): Promise<LogPage> {
    const own = Math.min(1, offset);
    const { pageItems, pageBytes } = this.#size;
    const limit = pageItems + own;
    return this.#pages.ask({ channel, after: offset - own, limit, maxBytes: pageBytes });
  }

  /**
   * As {@link pageFrom}, for clients that catch up: the page may have been read half a minute ago, but only
   * where it leads on from the position.
   */
  async sharedPageFrom(channel: string, position: Position): Promise<LogPage> {
    const key = `${position.offset} ${channel}`;
    const recent = await this.#recent.find(key)?.catch(() => undefined);
    if (recent !== undefined && leadsOn(recent, position)) return recent;
    const page = this.pageFrom(channel, position);
    this.#recent.keep(key, page);
    return page;
  }

  /** Lets go of what was read. */
  close(): void {
    this.#recent.close();
  }

  /** Where the channel's log ends, asked after this call. Rejects with `STORE_UNAVAILABLE`. */
  position(channel: string): Promise<Position> {
    return this.#positions.ask(channel);
  }
}

/** Asks many questions in one call. Only questions not yet sent are shared: answers are never older than the asking. */
class Coalescer<Question, Answer> {
  readonly #keyOf: (question: Question) => string;
  readonly #askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting = new Map<string, { question: Question; waiters: Waiter<Answer>[] }>();

  constructor(
    keyOf: (question: Question) => string,
    askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {
    this.#keyOf = keyOf;
    this.#askAll = askAll;
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const key = this.#keyOf(question);
      const entry = this.#waiting.get(key);
      if (entry !== undefined) {
        entry.waiters.push({ resolve, reject });
        return;
      }
      if (this.#waiting.size === 0) setImmediate(() => this.#send());
      this.#waiting.set(key, { question, waiters: [{ resolve, reject }] });
    });
  }

  #send(): void {
    const entries = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (let start = 0; start < entries.length; start += maxPerCall) {
      void this.#sendChunk(entries.slice(start, start + maxPerCall));
    }
  }

  async #sendChunk(
    entries: readonly { question: Question; waiters: Waiter<Answer>[] }[],
  ): Promise<void> {
    try {
      const answers = await this.#askAll(entries.map(({ question }) => question));
      entries.forEach(({ waiters }, index) => {
        const answer = answers[index];
        for (const waiter of waiters) {
          if (answer === undefined) waiter.reject(new Error('the store gave too few answers'));
          else waiter.resolve(answer);
        }
      });
    } catch (error) {
      for (const { waiters } of entries) for (const waiter of waiters) waiter.reject(error);
    }
  }
}
