import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freshChannel } from '@realtime-notify/contract-kit';
import { beforeAll, expect, test } from 'vitest';
import { redisMustAnswer, redisUrl } from './test-redis.js';

const program = fileURLToPath(new URL('./programs/use-and-close.ts', import.meta.url));
const nodeArgs = ['--conditions=@realtime-notify/source', '--import', 'tsx', program];
const unreachable = 'redis://127.0.0.1:1';

beforeAll(redisMustAnswer);

test.each([
  ['after use', redisUrl, /^started/],
  ['while Redis is away', unreachable, /STORE_UNAVAILABLE|no answer/],
])('a process ends by itself once the store is closed: %s', async (_, url, output) => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...nodeArgs, url, freshChannel()], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    timeout: 50_000,
  });
  expect(stdout).toMatch(output);
});
