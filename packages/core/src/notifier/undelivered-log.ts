import type { NotifyError } from '../errors/notify-error.js';
import type { Logger } from '../ports/logger.js';

const quietMs = 10_000;

/** Says how many notifications were given up: the first at once, those that follow together. */
export class UndeliveredLog {
  readonly #logger: Logger;
  #count = 0;
  #error: NotifyError | undefined;
  #quietUntil = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  undelivered(error: NotifyError): void {
    this.#count += 1;
    this.#error = error;
    if (performance.now() < this.#quietUntil) return;
    this.#quietUntil = performance.now() + quietMs;
    this.flush();
  }

  /** Says what has not been said yet. */
  flush(): void {
    if (this.#count === 0) return;
    const facts = { err: this.#error, count: this.#count };
    this.#logger.error(facts, 'notifications were given up');
    this.#count = 0;
  }
}
