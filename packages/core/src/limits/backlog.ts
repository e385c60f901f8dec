/** A stream whose client has not taken everything yet. */
export interface Backlogged {
  readonly bufferedBytes: number;
  closeSlow(): void;
}

/** Down to this part of the limit streams are closed, so that it is not reached again at once. */
const relief = 0.75;

/**
 * What the clients of this node have not taken yet, all together. Each may stay within its own budget and
 * the node still run out of memory: beyond the limit the slowest are closed.
 */
export class Backlog {
  readonly #maxBytes: number;
  readonly #exceeded: () => void;
  readonly #bytes = new Map<Backlogged, number>();
  #total = 0;

  /** @param exceeded - called whenever streams are closed for it */
  constructor(maxBytes: number, exceeded: () => void) {
    this.#maxBytes = maxBytes;
    this.#exceeded = exceeded;
  }

  /** Bytes not taken, as of the last write to each stream: what was taken since counts still. */
  get bytes(): number {
    return this.#total;
  }

  /** Notes what a stream has outstanding after a write. */
  note(stream: Backlogged, bytes: number): void {
    const before = this.#bytes.get(stream) ?? 0;
    this.#bytes.set(stream, bytes);
    this.#total += bytes - before;
    if (this.#total > this.#maxBytes) this.#relieve();
  }

  /** The stream has ended. */
  forget(stream: Backlogged): void {
    this.#total -= this.#bytes.get(stream) ?? 0;
    this.#bytes.delete(stream);
  }

  #relieve(): void {
    this.#lookAgain();
    if (this.#total <= this.#maxBytes) return;
    this.#exceeded();
    const slowestFirst = [...this.#bytes].sort(([, one], [, other]) => other - one);
    for (const [stream] of slowestFirst) {
      if (this.#total <= this.#maxBytes * relief) return;
      stream.closeSlow();
      this.forget(stream);
    }
  }

  /** Takes account of what clients have taken since they were written to. */
  #lookAgain(): void {
    this.#total = 0;
    for (const stream of this.#bytes.keys()) {
      const bytes = stream.bufferedBytes;
      if (bytes === 0) this.#bytes.delete(stream);
      else this.#bytes.set(stream, bytes);
      this.#total += bytes;
    }
  }
}
