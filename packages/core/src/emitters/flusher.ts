import { Batch } from './batch.js';

/** Emitters written in one turn of the event loop before others get theirs. */
const slice = 1_000;

/** What the flusher has written: an emitter. */
export interface Flushable {
  flushDue(): void;
}

/**
 * Writes once per tick what became due in it: one `setImmediate` for all emitters of the node. A very
 * large broadcast is cut into slices, so that the event loop answers others in between.
 */
export class Flusher {
  #due: Flushable[] = [];
  #position = 0;
  #scheduled = false;
  #root = Batch.empty();

  /** The batch that an emitter's first notification of a tick is added to. */
  get root(): Batch {
    return this.#root;
  }

  /** Has `flushDue` called soon, once per call of this. */
  schedule(emitter: Flushable): void {
    this.#due.push(emitter);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const end = Math.min(this.#position + slice, this.#due.length);
    while (this.#position < end) {
      this.#due[this.#position]?.flushDue();
      this.#position += 1;
    }
    if (this.#position < this.#due.length) {
      setImmediate(this.#run);
      return;
    }
    this.#due = [];
    this.#position = 0;
    this.#scheduled = false;
    // The root remembers the batches made from it; a fresh one lets them go.
    this.#root = Batch.empty();
  };
}
