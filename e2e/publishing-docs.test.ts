import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './harness/eventually.js';
import { KafkaView } from './harness/kafka.js';
import { startNode } from './harness/node-process.js';
import { privateRedis } from './harness/private-servers.js';
import { tokenFor } from './harness/publisher.js';
import { redisDatabase } from './harness/redis-database.js';
import { sseReader } from './harness/sse-reader.js';

const page = readFileSync(new URL('../docs/publishing.md', import.meta.url), 'utf8');

/** Writes the program that holds `mark` beside the example, whose dependencies it imports. */
function programWith(mark: string, change: (code: string) => string = (code) => code): string {
  const programs = [...page.matchAll(/```ts\n(import [\s\S]*?)```/g)].map(([, code]) => code ?? '');
  const code = programs.find((each) => each.includes(mark)) ?? '';
  expect(code).toContain(mark);
  const name = `../examples/batch/docs-${randomUUID()}.ts`;
  const file = fileURLToPath(new URL(name, import.meta.url));
  writeFileSync(file, change(code));
  onTestFinished(() => rmSync(file));
  return file;
}

const tsx = ['--import', 'tsx', '--conditions=@realtime-notify/source'];

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

  const file = programWith('publishOnly: true');
  const env = { ...process.env, REDIS_URL: redis.url };
  await promisify(execFile)(process.execPath, [...tsx, file], { env });
  await eventually('the notification is shown', () => reader.log.count('user:u1000') > 0);
  expect(reader.log.on('user:u1000')).toMatchObject([{ data: { text: 'your report is ready' } }]);
  expect(reader.log.problems).toEqual([]);
});

test('the log of docs/publishing.md, with the store away after the start, stores what it has logged when that is back', async () => {
  const redis = await privateRedis();
  onTestFinished(() => redis.stop());
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  const topic = `docs-${randomUUID()}`;
  await kafka.createTopic(topic, 1);
  const pause =
    "console.log('started');\nawait new Promise((go) => process.stdin.once('data', go));";
  const file = programWith('kafkaWriteBack', (code) =>
    code
      .replace('notifications.write-back', topic)
      .replace('await notifier.start();', `await notifier.start();\n${pause}`),
  );
  const env = { ...process.env, REDIS_URL: redis.url };
  const program = spawn(process.execPath, [...tsx, file], { env });
  onTestFinished(async () => {
    const closed = once(program, 'close');
    if (program.kill('SIGKILL')) await closed;
  });
  let output = '';
  for (const stream of [program.stdout, program.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const printed = (...lines: readonly string[]) =>
    eventually(
      `it prints ${lines}`,
      () => output === lines.map((line) => `${line}\n`).join(''),
      () => output,
    );
  await printed('started');
  await redis.kill9();
  program.stdin.write('\n');
  await printed('started', 'in the log');
  await redis.restart();
  await printed('started', 'in the log', 'in the store 1');
});
