import type { Db } from 'mongodb';

/** How long a look at the server's clock is good for. */
const goodForMs = 10_000;
const questions = 3;

/**
 * The primary's clock, as far as we can tell: asked by `hello`, and carried on by this process's monotonic clock,
 * which no one sets. An insert cannot ask for `$$NOW`, and a clock of this machine may be wrong.
 */
export class ServerClock {
  readonly #db: Db;
  #aheadMs = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Milliseconds since 1970, whole. */
  async now(): Promise<number> {
    if (performance.now() - this.#askedAt > goodForMs) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return Math.round(performance.now() + this.#aheadMs);
  }

  /** Of several answers the quickest counts: it tells the time most exactly. */
  async #ask(): Promise<void> {
    let quickest = Number.POSITIVE_INFINITY;
    for (let question = 0; question < questions; question += 1) {
      const sent = performance.now();
      const { localTime }: { localTime?: unknown } = await this.#db.command({ hello: 1 });
      const received = performance.now();
      if (!(localTime instanceof Date)) throw new Error('the server does not tell its time');
      if (received - sent >= quickest) continue;
      quickest = received - sent;
      this.#aheadMs = localTime.getTime() - (sent + received) / 2;
    }
    this.#askedAt = performance.now();
  }
}
