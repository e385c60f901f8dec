/** Counts the calls under way, so that whoever ends the notifier can wait for them. */
export class UnderWay {
  #count = 0;
  #none: (() => void)[] = [];

  /** Settles as `work` does. */
  async track<Result>(work: Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await work;
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#none.splice(0)) resolve();
    }
  }

  /** Resolves when none is under way. */
  async untilNone(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#none.push(resolve);
    });
  }
}
