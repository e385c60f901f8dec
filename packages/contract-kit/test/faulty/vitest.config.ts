import { defineConfig } from 'vitest/config';

const conditions = ['@realtime-notify/source', 'module', 'node'];

/** Runs the contracts against adapters that are broken on purpose; started by `faulty.test.ts` only. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    setupFiles: ['same-histories.ts'],
    include: ['**/*.faulty.ts'],
    pool: 'threads',
    maxWorkers: 4,
    testTimeout: 60_000,
    // The suites must hold their order themselves.
    sequence: { concurrent: true, shuffle: true },
    dangerouslyIgnoreUnhandledErrors: true,
  },
});
