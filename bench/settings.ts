import { z } from 'zod';

const count = z.coerce.number().int().min(1);

const schema = z.object({
  /** Clients; each bench has its own default. */
  CONNECTIONS: count.optional(),
  ROUNDS: count.optional(),
  /** Which to measure, comma-separated; ratios are against the first of each family. */
  VARIANTS: z
    .string()
    .transform((text) => text.split(','))
    .optional(),
  /** Users of a large audience. */
  USERS: count.default(10_000),
  /** How often it is notified. */
  TIMES: count.default(20),
  /** Ticks of a measurement with one message each. */
  TICKS: count.default(200),
  /** Messages in one tick of a burst, */
  BURST: count.default(100),
  /** and how many bursts. */
  BURSTS: count.default(24),
  /** How long the latency at a steady rate is measured. */
  STEADY_MS: count.default(3_000),
  /** Handshakes under way at once. */
  IN_FLIGHT: count.default(200),
  /** 0: leave it to the system where server and load run. */
  PIN: z
    .enum(['0', '1'])
    .default('1')
    .transform((text) => text === '1'),
  /** Where the results are written. */
  RESULTS_DIR: z.string().optional(),
});

/** The knobs, from the environment. */
export const settings = Object.freeze(schema.parse(process.env));
