import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from './harness/eventually.js';

const secret = 'a secret of at least thirty-two bytes';
// Beside the scenarios, whose dependencies are those that the README's code imports.
const file = new URL(`scenarios/readme-${process.pid}.ts`, import.meta.url);
let app: ChildProcess | undefined;

afterEach(() => {
  app?.kill('SIGKILL');
  rmSync(file, { force: true });
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the Express code of the README is under 20 lines and does what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n(import express[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const typed = code.split('\n').filter((line) => line.trim() !== '');
  expect(typed.length).toBeGreaterThan(5);
  expect(typed.length).toBeLessThan(20);
  const port = await freePort();
  writeFileSync(file, code.replace('app.listen(3000)', `app.listen(${port}, '127.0.0.1')`));
  app = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@realtime-notify/source', file.pathname],
    { env: { ...process.env, JWT_SECRET: secret }, stdio: 'inherit' },
  );
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('u1')
    .setExpirationTime('1m')
    .sign(Buffer.from(secret));
  const url = `127.0.0.1:${port}/notifications`;
  await eventually('the app answers', () =>
    fetch(`http://${url}/stream`).then(
      ({ status }) => status === 401,
      () => false,
    ),
  );
  const stream = await fetch(`http://${url}/stream?token=${token}`);
  expect(stream.status).toBe(200);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  // The notification of the last line stands in the log already.
  expect((await reader?.read())?.value).toMatch(
    /event: ready\n.*"user:u1":\{"epoch":"\w+","offset":1,/,
  );
  await reader?.cancel();
  const socket = new WebSocket(`ws://${url}/ws?token=${token}`, 'realtime-notify.v1');
  const [frame] = await new Promise<[Buffer]>((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve([data]));
    socket.once('error', reject);
  });
  expect(JSON.parse(frame.toString())).toMatchObject({ t: 'ready', user: 'u1' });
  socket.terminate();
});
