import type { LentClient, PostgresPool } from './postgres-client.js';

/** One connection of a pool, borrowed for one piece of work and given back once, whatever happens meanwhile. */
export class Loan {
  readonly #pool: PostgresPool;
  #client: LentClient | undefined;
  #isOver = false;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /** Whether the pool has given us one. */
  get isMade(): boolean {
    return this.#client !== undefined;
  }

  /** Does `work` on the connection, and gives it back; a failure may have left it in any state. */
  async use<T>(work: (client: LentClient) => Promise<T>): Promise<T> {
    const client = await this.#borrow();
    const result = await work(client);
    this.#giveBack(false);
    return result;
  }

  /** Breaks the connection off where it is not given back yet; one that is still to come is not used. */
  end(): void {
    this.#isOver = true;
    this.#giveBack(true);
  }

  /**
   * By callback: what the server says right after its welcome, farewell included, comes before a promise is heard,
   * and without a listener for it the process would end.
   */
  #borrow(): Promise<LentClient> {
    return new Promise((resolve, reject) => {
      this.#pool.connect((error, client) => {
        if (client === undefined) return reject(error ?? new Error('the pool gave no client'));
        client.on('error', ignore);
        this.#client = client;
        if (!this.#isOver) return resolve(client);
        this.#giveBack(false);
        reject(new Error('it came too late'));
      });
    });
  }

  #giveBack(broken: boolean): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(broken);
    client?.off('error', ignore);
  }
}

const ignore = (): void => {};
