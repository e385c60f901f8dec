import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from './harness/eventually.js';
import { refusedComingBack } from './harness/login.js';
import { sseReader } from './harness/sse-reader.js';

const secret = 'a secret of at least thirty-two bytes';
// In the package whose dependencies are those that the code imports.
const file = new URL(`scenarios/docs-security-${process.pid}.ts`, import.meta.url);
const page = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8');
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

function tokenOf(user: string, sid: string): Promise<string> {
  return new SignJWT({ sid })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(Buffer.from(secret));
}

test('the server of docs/security.md, run as it stands, keeps to what the page says', async () => {
  const code = /```ts\n(import [\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(code).toContain('notifier.revoke');
  writeFileSync(file, code);
  const port = await freePort();
  app = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@realtime-notify/source', file.pathname],
    { env: { ...process.env, JWT_SECRET: secret, PORT: String(port) }, stdio: 'inherit' },
  );
  const base = `http://127.0.0.1:${port}`;
  await eventually('the server answers', () =>
    fetch(`${base}/notifications`).then(
      ({ status }) => status === 401,
      () => false,
    ),
  );
  const ask = (headers: Record<string, string>) =>
    fetch(`${base}/notifications`, { headers }).then(({ status }) => status);
  const token = await tokenOf('u1', 's1');
  const bearer = { Authorization: `Bearer ${token}` };
  expect(await ask({ ...bearer, Origin: 'https://app.example.org' })).toBe(200);
  expect(await ask({ ...bearer, Origin: 'https://evil.example.org' })).toBe(403);
  expect(await ask({ Cookie: `token=${token}` })).toBe(403);
  expect(await ask({ Cookie: `token=${token}`, Origin: base })).toBe(200);

  const login = (sid: string, by: string) =>
    sseReader({ name: sid, token: by, groups: [], nodes: [base] });
  const [one, two] = [login('s1', token), login('s2', await tokenOf('u1', 's2'))];
  await Promise.all([one.open(), two.open()]);
  const loggedOut = await fetch(`${base}/logout`, { method: 'POST', headers: bearer });
  expect(loggedOut.status).toBe(204);
  await eventually('the session has ended', () => one.byes.length > 0);
  expect(one.byes).toEqual([{ code: 'REVOKED', returnMs: null }]);
  expect(await refusedComingBack(one), one.name).toContain('401');
  expect([two.live, two.byes]).toEqual([true, []]);
  two.cut();

  const newToken = () => tokenOf('u1', 's3');
  const refresh = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const run = `export default async (socket, newToken) => {\n${refresh}\n}`;
  const { default: send } = await import(`data:text/javascript,${encodeURIComponent(run)}`);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/notifications/ws?token=${await newToken()}`);
  const answers: string[] = [];
  socket.on('message', (data) => answers.push(String(data)));
  await eventually('the stream is open', () => answers.length > 0);
  await send(socket, newToken);
  await eventually('it is refreshed', () => answers.length > 1);
  expect(answers[1]).toMatch(/^\{"t":"refreshed","ref":1,"expiresAt":\d+\}$/);
  socket.terminate();
});
