/** Collects what is thrown past all callers while it listens. */
export class OutOfBand {
  readonly seen: unknown[] = [];
  readonly #note = (error: unknown): void => {
    this.seen.push(error);
  };

  /** Runs `body` and resolves with what was thrown out of band meanwhile. */
  async during(body: () => Promise<void>): Promise<readonly unknown[]> {
    const before = this.seen.length;
    process.on('unhandledRejection', this.#note);
    process.on('uncaughtException', this.#note);
    try {
      await body();
      // Node reports rejections once the microtasks of a turn are done.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', this.#note);
      process.off('uncaughtException', this.#note);
    }
    return this.seen.slice(before);
  }
}
