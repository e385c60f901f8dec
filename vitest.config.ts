import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { plantPlugin } from './packages/testing/test/plants/plant-plugin.js';

// Not `import`: workers get these as --conditions, and `require` would then be given ESM builds.
const conditions = ['@realtime-notify/source', 'module', 'node'];

// A fault on purpose, which the model test must find: packages/testing/test/plants/plants.ts.
const { PLANT } = process.env;
const plugins = PLANT === undefined ? [] : [plantPlugin(PLANT)];

const project = (name: string, include: string[], timeoutMs: number, inOrder = false) => ({
  plugins,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name,
    include,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    fileParallelism: !inOrder,
  },
});

export default defineConfig({
  test: {
    dangerouslyIgnoreUnhandledErrors: false,
    // More than cores: integration tests mostly wait for Redis and Kafka.
    maxWorkers: availableParallelism() + 1,
    projects: [
      project(
        'unit',
        ['packages/*/src/**/*.test.ts', 'scripts/*.test.ts', 'scripts/*/*.test.ts'],
        20_000,
      ),
      project('integration', ['packages/*/test/**/*.test.ts'], 60_000),
      project('e2e', ['e2e/**/*.test.ts'], 240_000, true),
      project('packages', ['scripts/packages/test/**/*.test.ts'], 600_000, true),
    ],
  },
});
