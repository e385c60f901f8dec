import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { plantPlugin } from './packages/testing/test/plants/plant-plugin.js';

// Not `import`: workers get these as --conditions, and `require` would then be given ESM builds.
const conditions = ['@realtime-notify/source', 'module', 'node'];

// A fault on purpose, which the model test must find: packages/testing/test/plants/plants.ts.
const { PLANT } = process.env;
const plugins = PLANT === undefined ? [] : [plantPlugin(PLANT)];

/** End-to-end tests that leave the machine mostly idle: documents and examples as they stand, refusals. */
const light = [
  'e2e/scenarios/**/*.test.ts',
  'e2e/*-docs.test.ts',
  'e2e/bad-*.test.ts',
  'e2e/{batch,cli,example-settings,examples,readme,roots}.test.ts',
  'e2e/security-{browser,demo,expiry,tokens}.test.ts',
];

interface Where {
  /** One file after the other. */
  readonly inOrder?: boolean;
  readonly exclude?: readonly string[];
}

const project = (
  name: string,
  include: readonly string[],
  timeoutMs: number,
  { inOrder = false, exclude = [] }: Where = {},
) => ({
  plugins,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name,
    include: [...include],
    exclude: ['**/node_modules/**', ...exclude],
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
      project('e2e-light', light, 240_000),
      project('e2e', ['e2e/**/*.test.ts'], 240_000, { inOrder: true, exclude: light }),
      project('packages', ['scripts/packages/test/**/*.test.ts'], 600_000, { inOrder: true }),
    ],
  },
});
