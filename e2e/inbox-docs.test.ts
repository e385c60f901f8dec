import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../scripts/services/ports.js';
import { eventually } from './harness/eventually.js';

const page = readFileSync(new URL('../docs/inbox.md', import.meta.url), 'utf8');
// A browser has it.
const eventSource = "import { EventSource } from 'eventsource';\n";

/** Starts code of the page as it stands, but for the port; beside the example, whose dependencies it imports. */
function start(name: string, code: string, port: number) {
  const path = `../examples/shared/docs-${process.pid}-${name}.ts`;
  const file = fileURLToPath(new URL(path, import.meta.url));
  writeFileSync(file, code.replaceAll(':3000', `:${port}`));
  onTestFinished(() => rmSync(file));
  const args = ['--import', 'tsx', '--conditions=@realtime-notify/source', file];
  const child = spawn(process.execPath, args, { env: { ...process.env, PORT: `${port}` } });
  onTestFinished(async () => {
    const closed = once(child, 'close');
    if (child.kill('SIGKILL')) await closed;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return (pattern: RegExp) =>
    eventually(
      `${name} prints ${pattern}`,
      () => pattern.test(output),
      () => output,
    );
}

test('server, requests and client of docs/inbox.md, as they stand', async () => {
  const blocks = [...page.matchAll(/```ts\n(import [\s\S]*?)```/g)].map(([, code = '']) => code);
  const [server = '', client = ''] = blocks;
  const [, requests = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
  const port = await freePort(0);

  const printed = start('server', server, port);
  await printed(/unread: 1[\s\S]*items: \[\],[\s\S]*unread: 0/);

  const commands = requests.trim().replaceAll(':3000', `:${port}`);
  const { stdout } = await promisify(execFile)('sh', ['-c', commands.replaceAll('\n', '; echo; ')]);
  const [listed, changed, counted] = stdout.split('\n').map((line) => JSON.parse(line));
  expect(listed.items).toMatchObject([{ data: { text: 'your report is ready' }, read: true }]);
  expect(changed).toMatchObject({ unread: 1, unseen: 0, version: { offset: 3 } });
  expect(counted).toEqual(changed);

  await start('client', eventSource + client, port)(/1 of 1 unread\n[\s\S]*0 of 1 unread\n/);
});
