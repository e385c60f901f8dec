import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freshChannel } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropSchema, postgresMustAnswer, postgresUrl, runSchema } from './test-postgres.js';

const program = fileURLToPath(new URL('./programs/use-and-close.ts', import.meta.url));
const nodeArgs = ['--conditions=@realtime-notify/source', '--import', 'tsx', program];
const unreachable = 'postgres://127.0.0.1:1/postgres';

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

test.each([
  ['after use', postgresUrl, /^started\n$/],
  ['while PostgreSQL is away', unreachable, /STORE_UNAVAILABLE|no answer/],
])('a process ends by itself once the store is closed: %s', async (_, url, output) => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...nodeArgs, url, freshChannel(), runSchema], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    timeout: 50_000,
  });
  expect(stdout).toMatch(output);
});
