import type { BrokerSink, Logger, NotifyError } from '@realtime-notify/core';

/** Tells sink and log of the link's state, once per change, and nothing after `close`. */
export class LinkState {
  readonly #sink: BrokerSink;
  readonly #logger: Logger;
  readonly #known: Promise<void>;
  #becameKnown = (): void => {};
  #state: 'unknown' | 'up' | 'down' | 'closed' = 'unknown';
  #error: NotifyError | undefined;

  constructor(sink: BrokerSink, logger: Logger) {
    this.#sink = sink;
    this.#logger = logger;
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

  /** The subscriptions stand, and a message made the round trip. */
  up(): void {
    if (this.#state === 'up' || this.#state === 'closed') return;
    const after = this.#error;
    this.#state = 'up';
    this.#error = undefined;
    this.#logger.info({}, 'broker-redis: the link to Redis is up');
    if (after !== undefined) this.#sink.resync(after.message);
    this.#sink.status({ state: 'up' });
    this.#becameKnown();
  }

  down(error: NotifyError): void {
    if (this.#state === 'down' || this.#state === 'closed') return;
    this.#state = 'down';
    this.#error = error;
    this.#logger.warn({ err: error }, 'broker-redis: the link to Redis is down');
    this.#sink.status({ state: 'down', error });
    this.#becameKnown();
  }

  close(): void {
    this.#state = 'closed';
    this.#becameKnown();
  }
}
