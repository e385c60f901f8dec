import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { NotifyError, withinMs } from '@realtime-notify/core';
import {
  asError,
  callFailed,
  isOutage,
  isRefusal,
  isUndone,
  messageOf,
  unavailable,
} from './driver-errors.js';
import { Loan } from './loan.js';
import { type OwnPool, ownPool } from './own-pool.js';
import type { LentClient, PostgresClient, PostgresPool } from './postgres-client.js';
import type { ResolvedStoreOptions } from './store-options.js';

type Work<T> = (client: PostgresClient) => Promise<T>;

/** How often what PostgreSQL undid for another's sake is done at most. */
const maxAttempts = 5;

/**
 * The way to PostgreSQL over a pool, our own or the host's. A call that is not done within `commandTimeoutMs` is
 * given up and its connection broken off; whatever the state of the link, the next call tries again.
 */
export class PoolLink {
  readonly #options: ResolvedStoreOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Ends of the calls under way, for `close`. */
  readonly #giveUps = new Set<(error: NotifyError) => void>();
  readonly #closing = new AbortController();
  #own: OwnPool | undefined;
  #pool: PostgresPool | undefined;
  #isStarted = false;
  #state: 'new' | 'up' | 'down' | 'refused' = 'new';

  constructor(options: ResolvedStoreOptions) {
    this.#options = options;
  }

  /**
   * Tries to do `prepare` until it is done. Rejects after `startTimeoutMs`, or at once where trying again is of no
   * use; it may be called again.
   */
  async open(prepare: Work<void>): Promise<void> {
    this.mustBeOpen();
    if (this.#isStarted) return;
    const { startTimeoutMs, maxReconnectDelayMs } = this.#options;
    const deadline = performance.now() + startTimeoutMs;
    for (let attempt = 0; !this.#isStarted; attempt += 1) {
      const failure = await this.#failureOf(prepare, deadline);
      this.mustBeOpen();
      const waitMs = Math.min(50 * 2 ** attempt, maxReconnectDelayMs);
      if (failure === undefined) this.#isStarted = true;
      else if (isRefusal(failure) || !isOutage(failure)) {
        await this.#letGo();
        throw unavailable(`refused: ${messageOf(failure)}`, failure);
      } else if (performance.now() + waitMs >= deadline) {
        await this.#letGo();
        const why = NotifyError.is(failure) ? '' : `: ${messageOf(failure)}`;
        throw unavailable(`no answer within ${startTimeoutMs} ms${why}`, failure);
      } else {
        await pause(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        this.mustBeOpen();
      }
    }
  }

  /** Does `work` on a connection of its own; again where the server undid it for another's sake. */
  async run<T>(work: Work<T>): Promise<T> {
    this.mustBeOpen();
    if (!this.#isStarted) throw notStartedError();
    const { maxPendingCalls, commandTimeoutMs } = this.#options;
    if (this.#underWay.size >= maxPendingCalls) {
      throw unavailable(`${maxPendingCalls} calls already wait for PostgreSQL (maxPendingCalls)`);
    }
    const running = this.#attempts(work, performance.now() + commandTimeoutMs);
    const settled = running
      .catch(() => undefined)
      .finally(() => {
        this.#underWay.delete(settled);
      });
    this.#underWay.add(settled);
    return running;
  }

  /**
   * Lends a connection for as long as `work` takes, which nothing waits for; `close` ends it. It is broken off
   * afterwards. Rejects as `work` does, or where there is no connection.
   */
  async hold(work: (client: LentClient) => Promise<void>): Promise<void> {
    this.mustBeOpen();
    if (!this.#isStarted) throw notStartedError();
    const loan = new Loan(this.#openPool());
    await this.#until(loan, loan.use(work));
  }

  /** Aborted by `close`. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async drain(): Promise<void> {
    do {
      await Promise.allSettled(this.#underWay);
      // The callers hear of their answers first, and some go on with another call.
      await nextTurn();
    } while (this.#underWay.size > 0);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const giveUp of this.#giveUps) giveUp(closedError());
    await this.#letGo();
  }

  async #attempts<T>(work: Work<T>, deadline: number): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await this.#lend(work, deadline);
        this.#becameUp();
        return result;
      } catch (reason) {
        this.mustBeOpen();
        const error = asError(reason);
        if (attempt < maxAttempts && isUndone(error) && performance.now() < deadline) continue;
        if (isOutage(error)) this.#wentDown(error);
        throw callFailed(error);
      }
    }
  }

  async #failureOf(prepare: Work<void>, deadline: number): Promise<Error | undefined> {
    try {
      await this.#lend(prepare, deadline);
      this.#becameUp();
      return undefined;
    } catch (reason) {
      return asError(reason);
    }
  }

  #lend<T>(work: Work<T>, deadline: number): Promise<T> {
    const loan = new Loan(this.#openPool());
    const late = (): Error =>
      unavailable(loan.isMade ? 'no answer in time' : 'no connection of the pool was free in time');
    const leftMs = Math.max(deadline - performance.now(), 1);
    return this.#until(loan, withinMs(loan.use(work), leftMs, late));
  }

  /** Settles as `done` does, or rejects when the store is closed; the loan is over then. */
  #until<T>(loan: Loan, done: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#giveUps.add(reject);
      done.then(resolve, reject);
      const end = (): void => {
        this.#giveUps.delete(reject);
        loan.end();
      };
      done.then(end, end);
    });
  }

  #openPool(): PostgresPool {
    if (this.#pool === undefined) {
      const { source, commandTimeoutMs } = this.#options;
      this.#own = 'url' in source ? ownPool(source, commandTimeoutMs) : undefined;
      this.#pool = this.#own?.pool ?? ('url' in source ? undefined : source);
      this.#pool?.on('error', this.#idleFailed);
    }
    if (this.#pool === undefined) throw notStartedError();
    return this.#pool;
  }

  async #letGo(): Promise<void> {
    const [pool, own] = [this.#pool, this.#own];
    this.#pool = undefined;
    this.#own = undefined;
    await own?.close();
    // What its connections have to say until then is heard.
    pool?.off('error', this.#idleFailed);
  }

  /** Of a connection that was in no use; an event that nobody hears would end the process. */
  readonly #idleFailed = (error: Error): void => {
    if (!this.#closing.signal.aborted) this.#wentDown(error);
  };

  #becameUp(): void {
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#options.logger.info({}, 'store-postgres: the link to PostgreSQL is up');
  }

  #wentDown(error: Error): void {
    const { logger } = this.#options;
    const refused = isRefusal(error);
    if (this.#state === 'up') {
      logger.warn({ err: error }, 'store-postgres: the link to PostgreSQL is down');
    } else if (this.#state === 'down' && refused) {
      // A password changed, say: it will not come back by itself.
      logger.warn({ err: error }, 'store-postgres: PostgreSQL refuses the link');
    }
    this.#state = refused || this.#state === 'refused' ? 'refused' : 'down';
  }

  /** @throws NotifyError `CLOSED` */
  mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw closedError();
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the PostgreSQL store is closed');
}

function notStartedError(): NotifyError {
  return new NotifyError('NOT_STARTED', 'the PostgreSQL store is not started');
}
