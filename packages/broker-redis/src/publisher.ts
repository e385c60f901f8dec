import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Envelope, encodeEnvelope } from '@realtime-notify/core';
import { unavailable } from './driver-errors.js';
import type { Link } from './link.js';
import type { TopicNames } from './topics.js';

/** Publishes batches in one write each, and refuses them while too much waits for Redis. */
export class Publisher {
  readonly #link: Pick<Link, 'publish'>;
  readonly #topics: TopicNames;
  readonly #maxPendingBytes: number;
  readonly #inFlight = new Set<Promise<void>>();
  #pendingBytes = 0;

  constructor(link: Pick<Link, 'publish'>, topics: TopicNames, maxPendingBytes: number) {
    this.#link = link;
    this.#topics = topics;
    this.#maxPendingBytes = maxPendingBytes;
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    if (envelopes.length === 0) return;
    if (this.#pendingBytes >= this.#maxPendingBytes) {
      throw unavailable(`${this.#pendingBytes} bytes already wait for Redis (maxPendingBytes)`);
    }
    const messages = envelopes.map(
      (envelope) => [this.#topics.of(envelope.channel), encodeEnvelope(envelope)] as const,
    );
    const bytes = messages.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
    this.#pendingBytes += bytes;
    const sent = this.#link.publish(messages).finally(() => {
      this.#pendingBytes -= bytes;
      this.#inFlight.delete(sent);
    });
    this.#inFlight.add(sent);
    await sent;
  }

  async drain(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
    // The callers hear of it first.
    await nextTurn();
  }
}
