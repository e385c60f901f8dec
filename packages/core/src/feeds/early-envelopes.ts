import type { StoredEnvelope } from '../notification/notification.js';

/**
 * Envelopes whose turn has not come: behind a hole, or of another life of the log than the feed's. Bounded:
 * what does not fit is in the store, and is read there when the hole before it is mended.
 */
export class EarlyEnvelopes {
  readonly #max: number;
  readonly #byOffset = new Map<number, StoredEnvelope>();

  /** @param max - kept at most */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#byOffset.size;
  }

  add(envelope: StoredEnvelope): void {
    if (this.#byOffset.size < this.#max) this.#byOffset.set(envelope.offset, envelope);
  }

  /** The one with this place. */
  at(epoch: string, offset: number): StoredEnvelope | undefined {
    const envelope = this.#byOffset.get(offset);
    return envelope?.epoch === epoch ? envelope : undefined;
  }

  /** The one of this epoch with the smallest offset. */
  firstOf(epoch: string): StoredEnvelope | undefined {
    let first: StoredEnvelope | undefined;
    for (const envelope of this.#byOffset.values()) {
      if (envelope.epoch !== epoch) continue;
      if (first === undefined || envelope.offset < first.offset) first = envelope;
    }
    return first;
  }

  all(): readonly StoredEnvelope[] {
    return [...this.#byOffset.values()];
  }

  /** Forgets what has been delivered up to a place, all that came before it too. */
  forgetUpTo(epoch: string, offset: number): void {
    for (const envelope of this.#byOffset.values()) {
      if (envelope.epoch === epoch && envelope.offset <= offset) this.forget(envelope);
    }
  }

  forget(envelope: StoredEnvelope): void {
    if (this.#byOffset.get(envelope.offset) === envelope) this.#byOffset.delete(envelope.offset);
  }

  clear(): void {
    this.#byOffset.clear();
  }
}
