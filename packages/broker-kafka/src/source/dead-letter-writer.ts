import type { Logger } from '@realtime-notify/core';
import type { KafkaClient, TopicPlan } from '../kafka-client.js';
import { kafkaFailure } from '../kafka-errors.js';
import { deadLetter, minLetterBytes, type Undeliverable } from './dead-letter.js';

/** Where dead letters go. */
export interface DeadLetterPlan {
  /** Default: the source topic's name and `.dead-letters`. */
  readonly topic?: string | undefined;
  readonly create: TopicPlan | undefined;
  readonly maxBytes: number;
}

/** Puts what can never be sent into a Kafka topic of its own, or, where there is no plan, only logs it. */
export class DeadLetterWriter {
  readonly #client: Pick<KafkaClient, 'produce' | 'ensureTopic'>;
  readonly #plan: DeadLetterPlan | undefined;
  readonly #logger: Logger;

  constructor(
    client: Pick<KafkaClient, 'produce' | 'ensureTopic'>,
    plan: DeadLetterPlan | undefined,
    logger: Logger,
  ) {
    this.#client = client;
    this.#plan = plan;
    this.#logger = logger;
  }

  /** Rejects where the letters of one of these source topics have nowhere to go. */
  async ensureTopics(topics: readonly string[]): Promise<void> {
    const plan = this.#plan;
    if (plan === undefined) return;
    for (const topic of new Set(topics.map((each) => letterTopic(plan, each)))) {
      await this.#client.ensureTopic(topic, plan.create);
    }
  }

  /** Resolves when Kafka has them all. Some may be there also where it rejects. */
  async write(all: readonly Undeliverable[]): Promise<void> {
    const [first] = all;
    if (first === undefined) return;
    const plan = this.#plan;
    if (plan !== undefined) await this.#produce(plan, first.topic, all);
    for (const { reason, error, topic, partition, source } of all) {
      const offset = 'offset' in source ? source.offset : source.baseOffset;
      const what = plan === undefined ? 'was passed' : 'became a dead letter';
      const where = plan === undefined ? {} : { deadLetters: letterTopic(plan, topic) };
      const facts = { topic, partition, offset, reason, ...where, err: error };
      this.#logger.warn(facts, `kafka-source: a record ${what}`);
    }
  }

  async #produce(plan: DeadLetterPlan, topic: string, all: readonly Undeliverable[]) {
    for (let maxBytes = plan.maxBytes; ; maxBytes = Math.max(minLetterBytes, maxBytes / 4)) {
      try {
        const letters = all.map((each) => deadLetter(each, maxBytes));
        await this.#client.produce(letterTopic(plan, topic), letters, { patient: true });
        return;
      } catch (cause) {
        const error = kafkaFailure('writing dead letters', cause);
        // The topic takes less than we were told: better a smaller letter than a partition that stands.
        if (error.retryable || maxBytes <= minLetterBytes) throw error;
      }
    }
  }
}

function letterTopic({ topic }: DeadLetterPlan, sourceTopic: string): string {
  return topic ?? `${sourceTopic}.dead-letters`;
}
