import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { expressExample, repoDir, startExample } from './harness/example.js';

const cli = ['--import', 'tsx', 'examples/cli/src/main.ts'];

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
