import { decodeEnvelope, type Envelope, type Logger } from '@realtime-notify/core';
import type { TopicNames } from './topics.js';

/**
 * Decodes messages and hands over together what one read from the socket held: ioredis emits all
 * messages of a read before the microtask that empties this box runs, so nothing waits for a timer
 * or for the next turn of the event loop.
 */
export class Inbox {
  readonly #topics: TopicNames;
  /** Where this node is sent to, whatever the channel; undefined where nobody does. */
  readonly #own: string | undefined;
  readonly #logger: Logger;
  readonly #handOver: (envelopes: readonly Envelope[]) => void;
  #box: Envelope[] = [];

  constructor(
    topics: TopicNames,
    own: string | undefined,
    logger: Logger,
    handOver: (envelopes: readonly Envelope[]) => void,
  ) {
    this.#topics = topics;
    this.#own = own;
    this.#logger = logger;
    this.#handOver = handOver;
  }

  message(topic: string, text: string): void {
    const envelope = decodeEnvelope(text);
    if (envelope === undefined || !this.#isFor(topic, envelope)) {
      const facts = { code: 'ENVELOPE_INVALID', topic, length: text.length };
      this.#logger.warn(facts, 'broker-redis: a message that is no envelope of ours was dropped');
      return;
    }
    this.#box.push(envelope);
    if (this.#box.length === 1) queueMicrotask(() => this.#empty());
  }

  #isFor(topic: string, { channel }: Envelope): boolean {
    return topic === this.#own || topic === this.#topics.of(channel);
  }

  #empty(): void {
    const envelopes = this.#box;
    this.#box = [];
    this.#handOver(envelopes);
  }
}
