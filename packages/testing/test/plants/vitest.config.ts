import { defineConfig } from 'vitest/config';
import { plantPlugin } from './plant-plugin.js';
import { plants } from './plants.js';

const conditions = ['@realtime-notify/source', 'module', 'node'];
const include = ['model.test.ts'];
const root = `${import.meta.dirname}/..`;

/** The model test with each planted fault, and with none; started by `plants.test.ts` only. */
export default defineConfig({
  root,
  test: {
    maxWorkers: 2,
    projects: ['none', ...plants.keys()].map((name) => ({
      root,
      plugins: name === 'none' ? [] : [plantPlugin(name)],
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      test: {
        name,
        include,
        env: {
          MODEL_NAME: name,
          MODEL_SEED: '7',
          MODEL_SHRINK: '0',
          MODEL_RUNS: name === 'none' ? '50' : '1000',
        },
      },
    })),
  },
});
