import { z } from 'zod';

const count = z.coerce.number().int().min(1);

const envSchema = z.object({
  BROKER: z.enum(['redis', 'kafka'], 'redis or kafka: others must hear of it').default('redis'),
  STORE: z.literal('redis', 'redis: others must read it').default('redis'),
  ROUTING: z
    .literal('directed', 'directed, or absent where the servers have the usual routing')
    .optional(),
  REDIS_URL: z.string().default('redis://127.0.0.1:6379'),
  KAFKA_BROKERS: z.string().default('127.0.0.1:9092'),
  KAFKA_TOPIC: z.string().default('realtime-notify'),
  USERS: count.optional(),
  COUNT: count.default(1),
  TEXT: z.string().default('your report is ready'),
});

/** The settings of the job; those of broker and store are named as for the example servers. */
export interface Config {
  readonly broker: 'redis' | 'kafka';
  /** Whether the servers are only sent what a directory says is for them. */
  readonly directed: boolean;
  readonly redisUrl: string;
  readonly kafkaBrokers: string[];
  readonly kafkaTopic: string;
  /** So many users u1, u2 ...; absent: their ids come on standard input. */
  readonly users: number | undefined;
  /** Notifications to each user. */
  readonly count: number;
  readonly text: string;
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
  return {
    broker: env.BROKER,
    directed: env.ROUTING === 'directed',
    redisUrl: env.REDIS_URL,
    kafkaBrokers: env.KAFKA_BROKERS.split(','),
    kafkaTopic: env.KAFKA_TOPIC,
    users: env.USERS,
    count: env.COUNT,
    text: env.TEXT,
  };
}
