const tickMs = 1_000;

/** What may have an end: an emitter. */
export interface Mortal {
  /** Closes it where its time has come. */
  endIfDue(now: number): void;
}

/**
 * Closes streams when their time has come, to the second. One timer looks at all of them: comparing a
 * number costs less, in time and memory, than keeping them in the order of their ends.
 */
export class Deadlines {
  readonly #mortals: () => Iterable<Mortal>;
  #timer: NodeJS.Timeout | undefined;

  constructor(mortals: () => Iterable<Mortal>) {
    this.#mortals = mortals;
  }

  start(): void {
    this.#timer = setInterval(() => this.#run(), tickMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #run(): void {
    const now = Date.now();
    for (const mortal of this.#mortals()) mortal.endIfDue(now);
  }
}
