import fc from 'fast-check';
import { test } from 'vitest';
import { histories } from './model/history.js';
import { runHistory } from './model/run-history.js';
import { simulatedDeployment } from './model/simulated-deployment.js';

const {
  /** How many histories. */
  MODEL_RUNS = '5000',
  /** The same histories each time, so that what turns red is the change; `random` plays others. */
  MODEL_SEED = '20261125',
  /** As a failure prints it beside its seed, to see it again. */
  MODEL_PATH,
  /** One history, as a failure prints it. */
  MODEL_HISTORY,
  /** `0`: a failure is shown as it was found. */
  MODEL_SHRINK,
  /** Shown in the title. */
  MODEL_NAME = 'none',
} = process.env;

const runs = MODEL_HISTORY === undefined ? Number(MODEL_RUNS) : 1;
const source = MODEL_HISTORY === undefined ? histories : fc.constant(JSON.parse(MODEL_HISTORY));

test(
  `plant ${MODEL_NAME}: ${runs} random histories keep the guarantees (MODEL_SEED=${MODEL_SEED})`,
  { timeout: 600_000 },
  () =>
    fc.assert(
      fc.asyncProperty(source, async (history) => {
        const { deployment, cluster } = await simulatedDeployment(history);
        try {
          await runHistory(history, deployment);
        } finally {
          await cluster.close();
        }
      }),
      {
        numRuns: runs,
        includeErrorInReport: true,
        endOnFailure: MODEL_SHRINK === '0',
        ...(MODEL_SEED !== 'random' && { seed: Number(MODEL_SEED) }),
        ...(MODEL_PATH && { path: MODEL_PATH }),
      },
    ),
);
