import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DirectedEnvelope, type Envelope, encodeEnvelope } from '@realtime-notify/core';
import { unavailable } from './driver-errors.js';
import type { Link } from './link.js';
import type { TopicNames } from './topics.js';

type Message = readonly [topic: string, text: string];

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

  publish(envelopes: readonly Envelope[]): Promise<void> {
    return this.#send(
      envelopes.map((envelope) => [this.#topics.of(envelope.channel), encodeEnvelope(envelope)]),
    );
  }

  publishTo(directed: readonly DirectedEnvelope[]): Promise<void> {
    return this.#send(
      directed.flatMap(({ envelope, nodeIds }) => {
        const text = encodeEnvelope(envelope);
        return nodeIds.map((nodeId): Message => [this.#topics.ofNode(nodeId), text]);
      }),
    );
  }

  async #send(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    if (this.#pendingBytes >= this.#maxPendingBytes) {
      throw unavailable(`${this.#pendingBytes} bytes already wait for Redis (maxPendingBytes)`);
    }
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
