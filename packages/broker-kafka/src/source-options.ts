import type { Logger, NotifyRequest } from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { z } from 'zod';
import {
  type CreateTopic,
  createTopicSchema,
  kafkaConfigSchema,
  loggerSchema,
  topicSchema,
} from './broker-options.js';

/** What a source publishes through; a Notifier is one. */
export interface SourceTarget {
  notify(request: NotifyRequest): Promise<unknown>;
}

/** Options of {@link kafkaSource}. */
export interface KafkaSourceOptions {
  /** How to reach Kafka, as for `kafkaBroker`. */
  readonly kafka: KafkaConfig;
  /** The Kafka topic whose records are `{"to", "type", "data"}`. */
  readonly topic: string;
  readonly notifier: SourceTarget;
  /** Consumer group shared by all nodes: each record is taken by one. Default `<topic>-source`. */
  readonly groupId?: string;
  /** Where the group begins that never committed: true at the first record kept. Default true. */
  readonly fromBeginning?: boolean;
  /** Allows to create the Kafka topic where it is missing. Default: not allowed, `start` rejects. */
  readonly createTopic?: CreateTopic;
  /** One line per change of the link's state and per record passed over. Default: silent. */
  readonly logger?: Logger;
}

export const sourceOptionsSchema = z
  .strictObject({
    kafka: kafkaConfigSchema,
    topic: topicSchema,
    notifier: z.custom<SourceTarget>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        'notify' in value &&
        typeof value.notify === 'function',
      'must be a Notifier',
    ),
    groupId: z.string().min(1).optional(),
    fromBeginning: z.boolean().default(true),
    createTopic: createTopicSchema.optional(),
    logger: loggerSchema,
  })
  .transform((options) => ({ ...options, groupId: options.groupId ?? `${options.topic}-source` }));

/** Options with their defaults filled in. */
export type ResolvedSourceOptions = z.output<typeof sourceOptionsSchema>;
