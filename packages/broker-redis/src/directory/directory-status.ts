import type { DirectorySink, Logger, NotifyError } from '@realtime-notify/core';
import { isRefusal } from '@realtime-notify/redis-connection';

/** Tells sink and log of the directory's state, once per change, and nothing after `close`. */
export class DirectoryStatus {
  readonly #sink: DirectorySink;
  readonly #logger: Logger;
  readonly #known: Promise<void>;
  #becameKnown = (): void => {};
  #state: 'unknown' | 'up' | 'down' | 'closed' = 'unknown';
  #error: NotifyError | undefined;

  constructor(sink: DirectorySink, logger: Logger) {
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

  /** Why it is down, where trying again cannot mend that. */
  get refusal(): NotifyError | undefined {
    return isRefusal(this.#error?.cause) ? this.#error : undefined;
  }

  up(): void {
    if (this.#state === 'up' || this.#state === 'closed') return;
    this.#state = 'up';
    this.#error = undefined;
    this.#logger.info({}, 'broker-redis: the directory is up');
    this.#sink.status({ state: 'up' });
    this.#becameKnown();
  }

  down(error: NotifyError): void {
    if (this.#state === 'closed') return;
    this.#error = error;
    if (this.#state === 'down') return;
    this.#state = 'down';
    this.#logger.warn({ err: error }, 'broker-redis: the directory is away');
    this.#sink.status({ state: 'down', error });
    this.#becameKnown();
  }

  close(): void {
    this.#state = 'closed';
    this.#becameKnown();
  }
}
