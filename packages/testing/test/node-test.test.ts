import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('under node:test it is the same', async () => {
  const file = join(import.meta.dirname, 'node-test/cluster.node-test.ts');
  const parts = ['--import', 'tsx', '--conditions=@realtime-notify/source', '--test', file];
  // Its own children would take themselves for those of this run.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, parts, { env });
  expect(stdout).toMatch(/pass 1\n/);
});
