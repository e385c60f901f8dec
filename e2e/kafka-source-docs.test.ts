import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { manageProcess } from '../scripts/services/managed-process.js';
import { eventually } from './harness/eventually.js';
import { KafkaView } from './harness/kafka.js';
import { startNode } from './harness/node-process.js';
import { tokenFor } from './harness/publisher.js';
import { redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { sseReader } from './harness/sse-reader.js';

const repoDir = fileURLToPath(new URL('../', import.meta.url));
// Beside an example whose dependencies are those that the code imports.
const file = `${repoDir}examples/batch/docs-source-${process.pid}.ts`;

test('the source of docs/kafka-source.md, run as it stands, tells each user in their language, and drains', async () => {
  const topic = `docs-${randomUUID()}`;
  const redis = await redisDatabase();
  onTestFinished(() => redis.release());
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  await kafka.createTopic(topic, 1);
  const settings = { BROKER: 'redis', STORE: 'redis', REDIS_URL: redis.url } as const;
  const node = await startNode({ ...settings, NODE_ID: 'node', JWT_SECRET: randomUUID() });
  onTestFinished(() => node.stop());
  const readers = await Promise.all(
    ['u1', 'de-2'].map(async (name) => {
      const token = await tokenFor(node.base, name);
      const reader = sseReader({ name, token, groups: [], nodes: [node.base] });
      await reader.open();
      onTestFinished(() => reader.cut());
      return reader;
    }),
  );

  const page = readFileSync(`${repoDir}docs/kafka-source.md`, 'utf8');
  const code = /```ts\n(import [\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(code).toContain("['orders']");
  const own = code.replace("['orders']", `['${topic}']`);
  writeFileSync(file, own.replace('orders-notifications', `${topic}-group`));
  onTestFinished(() => rmSync(file));
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-docs-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const program = manageProcess({
    command: process.execPath,
    args: ['--import', 'tsx', '--conditions=@realtime-notify/source', file],
    cwd: repoDir,
    env: { REDIS_URL: redis.url, KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS') },
    log: join(dir, 'output.log'),
  });
  onTestFinished(() => program.stop());
  await program.start();

  const producer = await kafka.producer();
  onTestFinished(() => producer.disconnect());
  const value = JSON.stringify({ orderId: 'o 7', customer: 'u1', watchers: ['de-2'] });
  await producer.send({ topic, messages: [{ value }, { value: 'no event' }] });
  const output = () => readFileSync(program.log, 'utf8');
  for (const reader of readers) {
    const channel = `user:${reader.name}`;
    await eventually('it is shown', () => reader.log.count(channel) > 0, output);
    const title = reader.name === 'u1' ? 'Shipped' : 'Versandt';
    expect(reader.log.on(channel)).toMatchObject([{ data: { title, link: '/orders/o%207' } }]);
  }
  const taken = async () => (await kafka.committed(`${topic}-group`, topic))[0] === 2;
  await eventually('both are committed', taken, output);
  const [letter] = await kafka.readAll(`${topic}.dead-letters`);
  expect(letter).toMatchObject({
    value: 'no event',
    headers: { 'dead-letter-reason': 'undecodable', 'dead-letter-offset': '1' },
  });
  await program.kill('SIGTERM');
  expect(output()).toBe('');
});
