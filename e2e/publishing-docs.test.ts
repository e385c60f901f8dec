import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './harness/eventually.js';
import { startNode } from './harness/node-process.js';
import { tokenFor } from './harness/publisher.js';
import { redisDatabase } from './harness/redis-database.js';
import { sseReader } from './harness/sse-reader.js';

// Beside the example, whose dependencies are those that the code imports.
const file = fileURLToPath(new URL(`../examples/batch/docs-${process.pid}.ts`, import.meta.url));

test('the job of docs/publishing.md, run as it stands, reaches a client of another process', async () => {
  const redis = await redisDatabase();
  onTestFinished(() => redis.release());
  const settings = { BROKER: 'redis', STORE: 'redis', REDIS_URL: redis.url } as const;
  const node = await startNode({ ...settings, NODE_ID: 'node', JWT_SECRET: randomUUID() });
  onTestFinished(() => node.stop());
  const token = await tokenFor(node.base, 'u1000');
  const reader = sseReader({ name: 'u1000', token, groups: [], nodes: [node.base] });
  await reader.open();
  onTestFinished(() => reader.cut());

  const page = readFileSync(new URL('../docs/publishing.md', import.meta.url), 'utf8');
  const programs = [...page.matchAll(/```ts\n(import [\s\S]*?)```/g)].map(([, code]) => code ?? '');
  const code = programs.find((each) => each.includes('publishOnly: true')) ?? '';
  writeFileSync(file, code);
  onTestFinished(() => rmSync(file));
  await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--conditions=@realtime-notify/source', file],
    { env: { ...process.env, REDIS_URL: redis.url } },
  );
  await eventually('the notification is shown', () => reader.log.count('user:u1000') > 0);
  expect(reader.log.on('user:u1000')).toMatchObject([{ data: { text: 'your report is ready' } }]);
  expect(reader.log.problems).toEqual([]);
});
