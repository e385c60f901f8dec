import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { plantPlugin } from './packages/testing/test/plants/plant-plugin.js';

// Not `import`: workers get these as --conditions, and `require` would then be given ESM builds.
const conditions = ['@realtime-notify/source', 'module', 'node'];

// A fault on purpose, which the model test must find: packages/testing/test/plants/plants.ts.
const { PLANT } = process.env;
const plugins = PLANT === undefined ? [] : [plantPlugin(PLANT)];

/** End-to-end tests that wait more than they work, or ask for no pace. */
const light = [
  'e2e/scenarios/**/*.test.ts',
  'e2e/*-docs.test.ts',
  'e2e/bad-*.test.ts',
  'e2e/{batch,bench,cli,example-settings,examples,readme,roots}.test.ts',
  'e2e/{crash,escalation,inbox,outbox,resume,revoke,store-outage,write-back,writers}.test.ts',
  'e2e/security-{browser,demo,expiry,tokens}.test.ts',
];

interface How {
  /** The groups run one after the other. */
  readonly group: number;
  /** One file after the other. */
  readonly inOrder?: boolean;
  readonly exclude?: readonly string[];
}

const project = (
  name: string,
  include: readonly string[],
  timeoutMs: number,
  { group, inOrder = false, exclude = [] }: How,
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
    sequence: { groupOrder: group },
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
        { group: 0 },
      ),
      project('integration', ['packages/*/test/**/*.test.ts'], 60_000, { group: 0 }),
      project('e2e-light', light, 240_000, { group: 1 }),
      project('e2e', ['e2e/**/*.test.ts'], 240_000, { group: 2, inOrder: true, exclude: light }),
      project('packages', ['scripts/packages/test/**/*.test.ts'], 600_000, {
        group: 3,
        inOrder: true,
      }),
    ],
  },
});
