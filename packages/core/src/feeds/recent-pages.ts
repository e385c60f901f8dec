import type { LogPage } from '../ports/store.js';

interface Entry {
  readonly page: Promise<LogPage>;
  readonly askedAt: number;
  bytes: number;
}

/**
 * Pages of logs that were asked for a moment ago, for clients that come back together with the same
 * cursor. What they hold does not change while their log lives; whether it still leads on, the one who
 * takes a page has to judge.
 */
export class RecentPages {
  readonly #maxAgeMs: number;
  readonly #maxBytes: number;
  /** In the order in which they were asked for. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param maxAgeMs - how long after it was asked for a page is given
   * @param maxBytes - what all pages hold at most; the oldest go first
   */
  constructor(maxAgeMs: number, maxBytes: number) {
    this.#maxAgeMs = maxAgeMs;
    this.#maxBytes = maxBytes;
  }

  /** The page that was asked for under this key, read or still on its way. */
  find(key: string): Promise<LogPage> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || performance.now() - entry.askedAt >= this.#maxAgeMs)
      return undefined;
    return entry.page;
  }

  keep(key: string, page: Promise<LogPage>): void {
    this.#drop(key);
    const entry: Entry = { page, askedAt: performance.now(), bytes: 0 };
    this.#entries.set(key, entry);
    page.then(
      (read) => this.#weigh(key, entry, bytesOf(read)),
      () => this.#entries.get(key) === entry && this.#drop(key),
    );
    this.#timer ??= setTimeout(this.#expire, this.#maxAgeMs).unref();
  }

  /** Forgets all and stops the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#entries.clear();
    this.#bytes = 0;
  }

  #weigh(key: string, entry: Entry, bytes: number): void {
    if (this.#entries.get(key) !== entry) return;
    entry.bytes = bytes;
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const before = performance.now() - this.#maxAgeMs;
    for (const [key, { askedAt }] of this.#entries) {
      if (askedAt > before) {
        this.#timer = setTimeout(this.#expire, askedAt - before).unref();
        return;
      }
      this.#drop(key);
    }
  };
}

/** What an item takes beside its data, about. */
const bytesPerItem = 300;

function bytesOf({ items }: LogPage): number {
  return items.reduce((sum, { dataJson }) => sum + dataJson.length + bytesPerItem, 0);
}
