import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { expressExample, repoDir, startExample } from './harness/example.js';
import { KafkaView } from './harness/kafka.js';
import { serviceAddress } from './harness/service-address.js';

const cli = ['--import', 'tsx', 'examples/cli/src/main.ts'];

it('the command line says what it can do, where it is asked', async () => {
  const asked = await promisify(execFile)(process.execPath, [...cli, '--help'], { cwd: repoDir });
  expect(asked).toMatchObject({ stdout: expect.stringContaining('  produce  '), stderr: '' });
});

it('the command line writes a record as it stands into a Kafka topic', async () => {
  const topic = `cli-${randomUUID()}`;
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  await kafka.createTopic(topic, 1);
  const args = ['produce', '--brokers', serviceAddress('KAFKA_BROKERS'), '--topic', topic];
  await promisify(execFile)(process.execPath, [...cli, ...args, '--value', '{"no json'], {
    cwd: repoDir,
  });
  expect(await kafka.readAll(topic)).toMatchObject([{ value: '{"no json' }]);
});

it.each(['sse', 'ws'])('the command line talks to a server over %s', async (transport) => {
  const server = await startExample(expressExample);
  onTestFinished(() => void server.process.kill('SIGKILL'));
  const at = ['--url', server.base];
  const options = { cwd: repoDir, env: expressExample.env };
  const listening = spawn(
    process.execPath,
    [...cli, 'listen', ...at, '--user', 'u1', '--transport', transport],
    options,
  );
  onTestFinished(() => void listening.kill('SIGKILL'));
  const lines = createInterface({ input: listening.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  expect(await next()).toMatchObject({ event: 'ready', data: { user: 'u1' } });
  const sending = [...cli, 'send', ...at, '--to-user', 'u1', '--count', '2'];
  const { stdout: sent } = await promisify(execFile)(process.execPath, sending, options);
  const [one, two] = sent.split('\n').map((line) => line && JSON.parse(line).id);
  const hello = (id: string, n: number) => ({ id, data: { text: `hello ${n}` } });
  expect(await next()).toMatchObject({ event: 'message', data: hello(one, 1) });
  expect(await next()).toMatchObject({ event: 'message', data: hello(two, 2) });
});
