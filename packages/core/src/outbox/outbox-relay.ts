import { NotifyError } from '../errors/notify-error.js';
import type { FlooredAppender } from '../notifier/floored-appender.js';
import type { StoreBreaker } from '../notifier/store-breaker.js';
import type { Logger } from '../ports/logger.js';
import type { Outbox, Relayed } from '../ports/outbox.js';
import { nextTurn } from '../time/next-turn.js';
import type { ShownDrafts } from './shown-drafts.js';

/** What an {@link OutboxRelay} works with. */
export interface OutboxRelayContext {
  readonly outbox: Outbox;
  readonly breaker: Pick<StoreBreaker, 'failure' | 'isDown'>;
  readonly shown: ShownDrafts;
  readonly appender: Pick<FlooredAppender, 'learn'>;
  readonly logger: Logger;
  readonly outboxPollMs: number;
}

/** Drafts appended by one call of the store. */
const maxDrafts = 200;
/** How soon after it was asked to write something a transaction has often committed. */
const nudgeMs = 20;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/**
 * Appends what transactions have put into the outbox once they have committed, and shows it as a publisher
 * does what it has appended. It calls the store when it is told of a commit, soon after a `put` of this node,
 * and every `outboxPollMs` in any case, one call at a time, until nothing is left. While the store is down it
 * only looks whether it is back.
 *
 * What was appended when this node ends, and not shown any more, others find by the position check.
 */
export class OutboxRelay {
  readonly #context: OutboxRelayContext;
  #stage: 'created' | 'started' | 'drained' | 'closed' = 'created';
  #stopWatching: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #nudge: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** Something may have been committed since the last call began. */
  #isDue = false;
  /** How many calls in a row the store has failed. */
  #failures = 0;
  #isTold = false;

  constructor(context: OutboxRelayContext) {
    this.#context = context;
  }

  start(): void {
    this.#stage = 'started';
    this.#stopWatching = this.#context.outbox.watch(() => this.#due());
    // Of before this node started.
    this.#due();
  }

  /** This node has put something, and its transaction will probably commit soon. */
  nudge(): void {
    if (this.#stage !== 'started') return;
    this.#nudge ??= setTimeout(() => {
      this.#nudge = undefined;
      this.#due();
    }, nudgeMs).unref();
  }

  /** Resolves when the call under way has finished, and one for what this node has put a moment ago. */
  async drain(): Promise<void> {
    if (this.#stage !== 'started') return;
    const isDue = this.#isDue || this.#nudge !== undefined;
    this.#stop('drained');
    await this.#running;
    if (isDue && this.#failures === 0) await this.#relay();
    this.#context.shown.flush();
  }

  /** Ends at once. */
  close(): void {
    this.#stop('closed');
    this.#context.shown.flush();
  }

  #stop(stage: 'drained' | 'closed'): void {
    this.#stage = stage;
    this.#stopWatching();
    clearTimeout(this.#timer);
    clearTimeout(this.#nudge);
    this.#nudge = undefined;
  }

  #due(): void {
    if (this.#stage !== 'started') return;
    this.#isDue = true;
    // While the store fails its turn comes with the timer.
    if (this.#failures === 0) this.#run();
  }

  #run(): void {
    if (this.#running !== undefined) return;
    clearTimeout(this.#timer);
    this.#running = this.#relayAll().finally(() => {
      this.#running = undefined;
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#stage !== 'started') return;
    const { outboxPollMs } = this.#context;
    const full =
      this.#failures === 0
        ? outboxPollMs
        : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures - 1, 20));
    this.#timer = setTimeout(() => this.#run(), full * (0.5 + Math.random() / 2)).unref();
  }

  /** Until nothing is left, or the store fails. */
  async #relayAll(): Promise<void> {
    do {
      this.#isDue = false;
      const more = await this.#relay();
      this.#isDue ||= more;
      // Others have their turn between two calls.
      if (this.#isDue) await nextTurn();
    } while (this.#isDue && this.#stage === 'started' && this.#failures === 0);
  }

  /** Resolves whether more may be due at once. Never rejects. */
  async #relay(): Promise<boolean> {
    const { outbox, breaker } = this.#context;
    if (breaker.failure !== undefined) {
      this.#failures += 1;
      return false;
    }
    try {
      const relayed = await outbox.relay(maxDrafts);
      this.#succeeded();
      this.#took(relayed);
      return relayed.more;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #took(relayed: Relayed): void {
    const { appender, shown } = this.#context;
    for (const outcome of relayed.outcomes) {
      if (outcome.status === 'appended') appender.learn(outcome.envelope);
    }
    shown.took(relayed);
  }

  #succeeded(): void {
    this.#failures = 0;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#context.logger.info({}, 'the outbox is relayed again');
  }

  /** A single failure is no outage, and one that the breaker has told is not told again. */
  #failed(cause: unknown): void {
    this.#failures += 1;
    const { breaker, logger } = this.#context;
    if (this.#stage === 'closed' || this.#isTold || this.#failures < 2 || breaker.isDown) return;
    this.#isTold = true;
    const err = NotifyError.is(cause)
      ? cause
      : new NotifyError('STORE_UNAVAILABLE', 'the outbox failed unexpectedly', { cause });
    logger.warn({ err }, 'the outbox cannot be relayed: what was committed waits in the store');
  }
}
