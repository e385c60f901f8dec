import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type ExampleRedis, redisAddress } from './redis-address.js';

/** What each broker can do, its default first. */
const routings = {
  memory: ['interest'],
  redis: ['interest', 'directed'],
  kafka: ['fanout', 'directed'],
} as const;
const stores = ['memory', 'redis', 'mongo', 'postgres'] as const;

const list = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((parts) => parts.every((part) => part !== ''), 'is host:port,host:port');

const ms = z.coerce.number().min(0);

const envSchema = z
  .object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    NODE_ID: z.string().optional(),
    BROKER: z.enum(['memory', 'redis', 'kafka']).default('memory'),
    STORE: z.enum(stores).optional(),
    ROUTING: z.enum(['fanout', 'interest', 'directed']).optional(),
    REDIS_URL: z.string().default('redis://127.0.0.1:6379').transform(redisAddress),
    KAFKA_BROKERS: list.optional(),
    KAFKA_TOPIC: z.string().default('realtime-notify'),
    MONGODB_URL: z.string().default('mongodb://127.0.0.1:27017'),
    POSTGRES_URL: z.string().default('postgres://127.0.0.1:5432/postgres'),
    JWT_SECRET: z.string().optional(),
    WHEN_STORE_DOWN: z.enum(['reject', 'buffer', 'log']).default('reject'),
    WRITE_BACK_TOPIC: z.string().optional(),
    DRAIN_GRACE_MS: ms.optional(),
    DRAIN_WINDOW_MS: ms.optional(),
    SOURCE_TOPIC: z.string().optional(),
    SOURCE_GROUP: z.string().optional(),
  })
  .transform((env, context) => {
    const store = env.STORE ?? (env.BROKER === 'memory' ? 'memory' : 'redis');
    const [usual, ...others] = routings[env.BROKER];
    const routing = [usual, ...others].find((each) => each === (env.ROUTING ?? usual));
    if (routing === undefined) {
      const message = `${env.ROUTING} does not go with ${env.BROKER}`;
      context.addIssue({ code: 'custom', path: ['ROUTING'], message });
      return z.NEVER;
    }
    if (
      env.WHEN_STORE_DOWN === 'log' &&
      env.BROKER !== 'kafka' &&
      env.KAFKA_BROKERS === undefined
    ) {
      const message = 'log needs Kafka: set KAFKA_BROKERS';
      context.addIssue({ code: 'custom', path: ['WHEN_STORE_DOWN'], message });
      return z.NEVER;
    }
    return { ...env, STORE: store, ROUTING: routing };
  });

/** The settings of a server, read from its environment. */
export interface Config {
  /** Where it listens; `0.0.0.0` in a container. */
  readonly host: string;
  readonly port: number;
  readonly nodeId: string | undefined;
  readonly broker: keyof typeof routings;
  readonly store: (typeof stores)[number];
  readonly routing: (typeof routings)[keyof typeof routings][number];
  readonly redis: ExampleRedis;
  readonly kafkaBrokers: string[];
  readonly kafkaTopic: string;
  readonly mongoUrl: string;
  readonly postgresUrl: string;
  /** Absent: a secret of this process, so that tokens of other nodes are not accepted. */
  readonly jwtSecret: Uint8Array;
  readonly whenStoreDown: 'reject' | 'buffer' | 'log';
  /** The Kafka topic of what waits for the store, with `log`. Default: that of the broker and `.write-back`. */
  readonly writeBackTopic: string | undefined;
  /** Absent: the notifier's defaults. */
  readonly drainGraceMs: number | undefined;
  readonly drainWindowMs: number | undefined;
  readonly source: { readonly topic: string; readonly groupId: string } | undefined;
}

/** @throws Error naming the first variable at fault, in one line; an empty one counts as absent */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.entries(environment).filter(([, value]) => value !== '');
  const parsed = envSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const env = parsed.data;
  const topic = env.SOURCE_TOPIC;
  return {
    host: env.HOST,
    port: env.PORT,
    nodeId: env.NODE_ID,
    broker: env.BROKER,
    store: env.STORE,
    routing: env.ROUTING,
    redis: env.REDIS_URL,
    kafkaBrokers: env.KAFKA_BROKERS ?? ['127.0.0.1:9092'],
    kafkaTopic: env.KAFKA_TOPIC,
    mongoUrl: env.MONGODB_URL,
    postgresUrl: env.POSTGRES_URL,
    jwtSecret: secretOf(env.JWT_SECRET),
    whenStoreDown: env.WHEN_STORE_DOWN,
    writeBackTopic:
      env.WHEN_STORE_DOWN === 'log'
        ? (env.WRITE_BACK_TOPIC ?? `${env.KAFKA_TOPIC}.write-back`)
        : undefined,
    drainGraceMs: env.DRAIN_GRACE_MS,
    drainWindowMs: env.DRAIN_WINDOW_MS,
    source:
      topic === undefined ? undefined : { topic, groupId: env.SOURCE_GROUP ?? `${topic}-source` },
  };
}

const minSecretBytes = 32;

/**
 * A short secret is filled with zeros, as HMAC itself does, so that a demo may use any text. Real
 * servers keep to at least 32 random bytes.
 */
function secretOf(text: string | undefined): Uint8Array {
  if (text === undefined) return randomBytes(minSecretBytes);
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes], Math.max(bytes.length, minSecretBytes));
}
