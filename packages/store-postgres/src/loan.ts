import type { LentClient, PostgresPool } from './postgres-client.js';

/** One connection of a pool, borrowed for one piece of work and given back once, whatever happens meanwhile. */
export class Loan {
  readonly #pool: PostgresPool;
  #client: LentClient | undefined;
  #isOver = false;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /** Does `work` on the connection, and gives it back; a failure may have left it in any state. */
  async use<T>(work: (client: LentClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    if (this.#isOver) {
      client.release();
      throw new Error('it came too late');
    }
    this.#client = client;
    // Without a listener the process would end; the query under way rejects.
    client.on('error', ignore);
    const result = await work(client);
    this.#giveBack(false);
    return result;
  }

  /** Breaks the connection off where it is not given back yet; one that is still to come is not used. */
  end(): void {
    this.#isOver = true;
    this.#giveBack(true);
  }

  #giveBack(broken: boolean): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(broken);
    client?.off('error', ignore);
  }
}

const ignore = (): void => {};
