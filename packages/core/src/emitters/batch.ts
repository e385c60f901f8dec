import type { Encoding, Outgoing } from './outgoing.js';

/**
 * What is due to an emitter in this tick, shared by all emitters that are due the same: adding the
 * same notification to the same batch gives the same batch. So a broadcast allocates nothing per
 * receiver, and a burst's bytes are joined once for all of them.
 */
export class Batch {
  readonly #previous: Batch | undefined;
  readonly #last: Outgoing | undefined;
  readonly #joined = new Map<Encoding, Buffer>();
  #next: Batch | undefined;

  private constructor(previous: Batch | undefined, last: Outgoing | undefined) {
    this.#previous = previous;
    this.#last = last;
  }

  /** The batch of a tick in which nothing is due yet. */
  static empty(): Batch {
    return new Batch(undefined, undefined);
  }

  /** This batch with one more notification at its end. */
  with(outgoing: Outgoing): Batch {
    const next = this.#next;
    if (next !== undefined && next.#last === outgoing) return next;
    this.#next = new Batch(this, outgoing);
    return this.#next;
  }

  /** Whether a notification of the channel is among it. */
  concerns(channel: string): boolean {
    for (let batch: Batch | undefined = this; batch !== undefined; batch = batch.#previous) {
      if (batch.#last?.envelope.channel === channel) return true;
    }
    return false;
  }

  /** All bytes in order, with the encoding's separator between notifications. */
  bytes(encoding: Encoding): Buffer {
    let joined = this.#joined.get(encoding);
    if (joined === undefined) {
      joined = this.#join(encoding);
      this.#joined.set(encoding, joined);
    }
    return joined;
  }

  #join(encoding: Encoding): Buffer {
    const parts = this.#parts(encoding);
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
  }

  #parts(encoding: Encoding): readonly Buffer[] {
    const parts: Buffer[] = [];
    let batch: Batch | undefined = this;
    while (batch !== undefined && batch.#last !== undefined) {
      if (parts.length > 0 && encoding.separator.length > 0) parts.push(encoding.separator);
      parts.push(batch.#last.bytes(encoding));
      batch = batch.#previous;
    }
    return parts.reverse();
  }
}
