import type { BrokerSink, Logger, NotifyError } from '@realtime-notify/core';
import { isRefusal } from '@realtime-notify/redis-connection';

/** Tells sink and log of the link's state, once per change, and nothing after `close`. */
export class LinkState {
  readonly #sink: BrokerSink;
  readonly #logger: Logger;
  readonly #publishOnly: boolean;
  readonly #known: Promise<void>;
  #becameKnown = (): void => {};
  #state: 'unknown' | 'up' | 'down' | 'closed' = 'unknown';
  #error: NotifyError | undefined;
  /** Whether it was told that only the host can mend it. */
  #refused = false;

  constructor(sink: BrokerSink, logger: Logger, publishOnly: boolean) {
    this.#sink = sink;
    this.#logger = logger;
    this.#publishOnly = publishOnly;
    this.#known = new Promise((resolve) => {
      this.#becameKnown = resolve;
    });
  }

  /** Resolves when the state is known for the first time. */
  get known(): Promise<void> {
    return this.#known;
  }

  /** Why the link is down; undefined while it is up. */
  get error(): NotifyError | undefined {
    return this.#error;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /**
   * The subscriptions stand, and a message made the round trip.
   * @param interrupted - the channels whose subscriptions had not stood; default: all
   */
  up(interrupted?: readonly string[]): void {
    if (this.#state === 'up' || this.#state === 'closed') return;
    const after = this.#error;
    this.#state = 'up';
    this.#error = undefined;
    this.#logger.info({}, 'broker-redis: the link to Redis is up');
    // Who receives nothing has missed nothing.
    if (after !== undefined && !this.#publishOnly) this.#sink.resync(after.message, interrupted);
    this.#sink.status({ state: 'up' });
    this.#becameKnown();
  }

  /** @param error - the newest reason is what {@link error} gives; the sink hears of the first only */
  down(error: NotifyError): void {
    if (this.#state === 'closed') return;
    this.#error = error;
    if (this.#state !== 'down') {
      this.#state = 'down';
      this.#refused = isRefusal(error.cause);
      this.#logger.warn({ err: error }, 'broker-redis: the link to Redis is down');
      this.#sink.status({ state: 'down', error });
      this.#becameKnown();
    } else if (!this.#refused && isRefusal(error.cause)) {
      // A password changed, say: it will not come back by itself.
      this.#refused = true;
      this.#logger.warn({ err: error }, 'broker-redis: Redis refuses the link');
    }
  }

  close(): void {
    this.#state = 'closed';
    this.#becameKnown();
  }
}
