import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { routings } from './scenario.js';

const report = z.object({
  date: z.string(),
  platform: z.string(),
  node: z.string(),
  check: z.object({ nodeCpu: z.number(), redisCpu: z.number() }),
  points: z.array(
    z.object({
      routing: z.enum(routings),
      nodes: z.number(),
      to: z.enum(['online users', 'offline users', 'all']),
      received: z.array(z.number()),
      nodeCpu: z.array(z.number()),
      redisCpu: z.number(),
      redisCalls: z.record(z.string(), z.number()),
    }),
  ),
});

/** What `npm run bench -- scaling` has measured. */
export type Measured = z.infer<typeof report>;
export type MeasuredPoint = Measured['points'][number];

export function readMeasured(): Measured {
  const file = new URL('../results/scaling.json', import.meta.url);
  return report.parse(JSON.parse(readFileSync(file, 'utf8')));
}
