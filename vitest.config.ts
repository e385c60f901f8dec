import { defineConfig } from 'vitest/config';

// Not `import`: workers get these as --conditions, and `require` would then be given ESM builds.
const conditions = ['@realtime-notify/source', 'module', 'node'];

const project = (name: string, include: string[], timeoutMs: number, inOrder = false) => ({
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
