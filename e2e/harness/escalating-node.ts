import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { catalogue } from '../../examples/shared/src/catalogue.js';
import { createNotifier, type EscalationCall } from '../../packages/core/src/index.js';
import { redisStore } from '../../packages/store-redis/src/index.js';

/** Calls of the hook at a time. */
export const concurrency = 4;

export const digestMs = 1_000;

/** Windows of a digest, and a call for a user in any four seconds: so windows have to wait. */
const digest = {
  rule: { digestMs },
  preferences: { throttle: { mail: { limit: 1, windowMs: 4_000 } } },
};

/**
 * A node that escalates and does nothing else. Each call of its hook is a line in CALLS_FILE when it begins, and
 * one when it has ended: they are there whatever becomes of the process. Ends by SIGKILL only.
 */
export function makeEscalatingNode(options: {
  readonly redisUrl: string;
  readonly unseenAfterMs: number;
  readonly to: (call: EscalationCall) => unknown;
  readonly publishOnly?: boolean;
  readonly isDigest?: boolean;
}) {
  const { redisUrl, unseenAfterMs, to, publishOnly = false, isDigest = false } = options;
  const common = { unseenAfterMs, timeoutMs: 1_000, to };
  const rule = isDigest ? { ...common, ...digest.rule } : common;
  return createNotifier({
    catalogue,
    store: redisStore({ url: redisUrl }),
    inbox: {},
    publishOnly,
    escalation: {
      rules: [{ name: 'mail', types: ['order.approved'], ...rule }],
      preferences: isDigest ? digest.preferences : {},
      concurrency,
      pollMs: 200,
    },
  });
}

async function main(redisUrl: string, callsFile: string): Promise<void> {
  const write = (word: string, { key, mayRepeat, notifications }: EscalationCall): void => {
    const ids = notifications.map(({ id }) => id).join();
    appendFileSync(callsFile, `${word} ${process.pid} ${key} ${mayRepeat} ${ids}\n`);
  };
  const to = async (call: EscalationCall): Promise<void> => {
    write('begun', call);
    await delay(100);
    write('ended', call);
  };
  const unseenAfterMs = Number(process.env.UNSEEN_AFTER_MS);
  const isDigest = process.env.DIGEST === 'true';
  await makeEscalatingNode({ redisUrl, unseenAfterMs, to, isDigest }).start();
  console.log('ready');
}

const { REDIS_URL, CALLS_FILE } = process.env;
if (CALLS_FILE !== undefined && REDIS_URL !== undefined) await main(REDIS_URL, CALLS_FILE);
