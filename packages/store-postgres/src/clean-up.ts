import type { PoolLink } from './pool-link.js';
import { integer } from './rows.js';

/** Between two clean-ups of one node, in milliseconds. */
const everyMs = 10_000;
/** Rows of each kind that one clean-up may take. */
const most = 10_000;

/** Deletes what has expired, beside the appends and some at a time; it has no timer. */
export class CleanUp {
  readonly #link: PoolLink;
  readonly #schema: string;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(link: PoolLink, schema: string) {
    this.#link = link;
    this.#schema = schema;
  }

  /** Called after each append: does nothing where the last time is not long ago. */
  nowAndThen(): void {
    const now = performance.now();
    if (now - this.#lastAt < everyMs) return;
    this.#lastAt = now;
    // The next one tries again; the link tells where it is down.
    void this.once().catch(() => undefined);
  }

  /** Resolves with how much it deleted. */
  once(): Promise<number> {
    return this.#link.run(async (client) => {
      const { rows } = await client.query(`SELECT ${this.#schema}.clean_up($1) AS gone`, [most]);
      return integer(rows[0]?.gone);
    });
  }
}
