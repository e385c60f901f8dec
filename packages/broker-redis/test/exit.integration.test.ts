import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freshChannel } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import type { RedisAddress } from '../src/index.js';

const program = fileURLToPath(new URL('./programs/use-and-close.ts', import.meta.url));
const nodeArgs = ['--conditions=@realtime-notify/source', '--import', 'tsx', program];

async function runProgram(address: RedisAddress): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...nodeArgs, JSON.stringify(address), freshChannel()],
    {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      timeout: 50_000,
    },
  );
  return stdout.trim();
}

test('a process ends by itself once the broker is closed', async () => {
  const redis = await privateRedis();
  expect(await runProgram({ url: redis.url })).toBe('up');
});

test('a process ends by itself once the broker is closed, while Redis is away', async () => {
  expect(await runProgram({ url: 'redis://127.0.0.1:1' })).toBe('down');
});

test('a process ends by itself once the broker is closed, while all Sentinels are away', async () => {
  const addresses = [1, 2].map((port) => ({ host: '127.0.0.1', port }));
  expect(await runProgram({ sentinel: { name: 'main', addresses } })).toBe('down');
});
