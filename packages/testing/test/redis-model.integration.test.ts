import fc from 'fast-check';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { type History, histories } from './model/history.js';
import { redisDeployment } from './model/redis-deployment.js';
import { runHistory } from './model/run-history.js';

const { REDIS_URL = 'redis://127.0.0.1:16379', MODEL_HISTORY } = process.env;
const { MODEL_REDIS_RUNS = '20', MODEL_SEED: wanted = '20261125' } = process.env;
const MODEL_SEED = wanted === 'random' ? String(Math.floor(Math.random() * 2 ** 31)) : wanted;
/** Their waits overlap. */
const atOnce = 10;

const chosen: readonly History[] =
  MODEL_HISTORY === undefined
    ? fc.sample(histories, { seed: Number(MODEL_SEED), numRuns: Number(MODEL_REDIS_RUNS) })
    : [JSON.parse(MODEL_HISTORY)];

const title = `${chosen.length} random histories over Redis keep the guarantees (MODEL_SEED=${MODEL_SEED})`;

test(title, { timeout: 600_000 }, async () => {
  const admin = new Redis(REDIS_URL, { maxRetriesPerRequest: 1, connectTimeout: 2_000 });
  admin.on('error', () => {});
  try {
    await admin.ping().catch((cause: unknown) => {
      throw new Error('Redis is not reachable: start it with: npm run services -- up', { cause });
    });
    const left = chosen.map((history, index) => ({ history, index }));
    const faults: string[] = [];
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          await play(next.history, next.index, admin).catch((error: unknown) =>
            faults.push(`${error}\nMODEL_HISTORY='${JSON.stringify(next?.history)}'`),
          );
        }
      }),
    );
    expect(faults.join('\n\n')).toBe('');
  } finally {
    admin.disconnect();
  }
});

async function play(history: History, index: number, admin: Redis): Promise<void> {
  const prefix = `model-${process.pid}-${Date.now()}-${index}:`;
  const { deployment, close } = await redisDeployment(history, admin, prefix);
  try {
    await runHistory(history, deployment);
  } finally {
    await close();
    const keys = await admin.keys(`${prefix}*`);
    if (keys.length > 0) await admin.del(keys);
  }
}
