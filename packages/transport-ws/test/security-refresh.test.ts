import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import {
  createNotifier,
  defineCatalogue,
  NotifyError,
  type Principal,
} from '@realtime-notify/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { attachWebSockets } from '../src/index.js';
import { WsClient } from './ws-client.js';

const catalogue = defineCatalogue({ note: z.object({ n: z.number() }) });
const path = '/ws';
let notifier = createNotifier({ catalogue });
let server = http.createServer();
/** Who is who by its token. */
let known: Record<string, Principal | (() => Promise<Principal>)> = {};
let say: NodeJS.Timeout | undefined;
let sent = 0;

beforeEach(async () => {
  notifier = createNotifier({ catalogue });
  await notifier.start();
  server = http.createServer();
  attachWebSockets(notifier, server, {
    path,
    authenticate: ({ token }) => {
      if (token === undefined) return null;
      const found = known[token];
      if (found === undefined) throw new NotifyError('UNAUTHENTICATED', 'not a token of ours');
      return typeof found === 'function' ? found() : found;
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sent = 0;
});

afterEach(async () => {
  clearInterval(say);
  await notifier.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A client in group `g` whose credential ends soon, while notifications flow. */
async function opened(principal: Principal): Promise<WsClient> {
  known = { first: { groups: ['g'], ...principal } };
  const { port } = server.address() as AddressInfo;
  const hello = { t: 'hello', token: 'first', groups: ['g'] };
  const client = new WsClient(`ws://127.0.0.1:${port}${path}`, hello);
  await eventually(() => expect(client.readies).toHaveLength(1));
  say = setInterval(() => {
    sent += 1;
    void notifier.notify({ to: { group: 'g' }, type: 'note', data: { n: sent } });
  }, 5);
  return client;
}

const soon = () => Date.now() + 1_500;
const answers = (client: WsClient) =>
  client.frames.filter(({ t }) => t === 'refreshed' || t === 'error');

test('G8 G2 a refreshed stream goes on beyond the end of its first token, without a gap', async () => {
  const end = soon();
  const client = await opened({ userId: 'u1', expiresAt: end });
  const later = Date.now() + 60_000;
  known.second = { userId: 'u1', groups: ['g'], expiresAt: later };
  client.send({ t: 'refresh', ref: 'r1', token: 'second' });
  await eventually(() =>
    expect(answers(client)).toEqual([{ t: 'refreshed', ref: 'r1', expiresAt: later }]),
  );
  // Ends are looked at every second.
  await eventually(() => expect(client.notifications.at(-1)?.time).toBeGreaterThan(end + 2_000));
  clearInterval(say);
  await eventually(() => expect(client.notifications).toHaveLength(sent));
  expect(client.notifications.map(({ offset }) => offset)).toEqual(
    Array.from({ length: sent }, (_, index) => index + 1),
  );
  expect([client.ended, client.readies.length]).toEqual([false, 1]);
  client.cut();
});

test('a token without an end is told as null, and a shorter one moves the end forward', async () => {
  const client = await opened({ userId: 'u1' });
  known.endless = { userId: 'u1', groups: ['g'] };
  client.send({ t: 'refresh', ref: 1, token: 'endless' });
  await eventually(() =>
    expect(answers(client)).toEqual([{ t: 'refreshed', ref: 1, expiresAt: null }]),
  );
  known.short = { userId: 'u1', groups: ['g'], expiresAt: soon() };
  client.send({ t: 'refresh', ref: 2, token: 'short' });
  await eventually(() => expect(client.closeCode).toBe(4409));
});

const bad: [string, () => Principal | undefined, string][] = [
  ['of another user', () => ({ userId: 'u2', groups: ['g'] }), 'UNAUTHENTICATED'],
  ['that has expired', () => ({ userId: 'u1', groups: ['g'], expiresAt: 1 }), 'UNAUTHENTICATED'],
  ['that is none', () => undefined, 'UNAUTHENTICATED'],
  ['without a group that is followed', () => ({ userId: 'u1', groups: [] }), 'FORBIDDEN'],
  [
    'that was revoked',
    () => ({ userId: 'u1', groups: ['g'], sessionId: 'gone', issuedAt: 1 }),
    'UNAUTHENTICATED',
  ],
];

test.each(bad)(
  'G8 a token %s refreshes nothing: the stream goes on until its first end',
  async (_, principal, code) => {
    const client = await opened({ userId: 'u1', expiresAt: soon() });
    await notifier.revoke({ sessionId: 'gone' });
    const refused = principal();
    if (refused !== undefined) known.bad = refused;
    client.send({ t: 'refresh', ref: 7, token: 'bad' });
    await eventually(() =>
      expect(answers(client)).toEqual([{ t: 'error', ref: 7, code, message: expect.any(String) }]),
    );
    const before = client.notifications.length;
    await eventually(() => expect(client.notifications.length).toBeGreaterThan(before));
    await eventually(() => expect(client.closeCode).toBe(4409));
    expect(client.bye).toEqual({ code: 'EXPIRED', returnMs: null });
  },
);

test('where it cannot be found out now who the token is of, the client is told to try again', async () => {
  const client = await opened({ userId: 'u1' });
  known.later = () => Promise.reject(new Error('the directory is down'));
  client.send({ t: 'refresh', ref: 7, token: 'later' });
  await eventually(() =>
    expect(answers(client)).toEqual([
      { t: 'error', ref: 7, code: 'UNAVAILABLE', message: 'try again later' },
    ]),
  );
  expect(client.ended).toBe(false);
  client.cut();
});

test('a stream that ends while its refresh is looked at is not refreshed', async () => {
  const client = await opened({ userId: 'u1' });
  known.slow = async () => {
    await notifier.revoke({ userId: 'u1' });
    return { userId: 'u1', groups: ['g'], issuedAt: Date.now() + 60_000 };
  };
  client.send({ t: 'refresh', ref: 7, token: 'slow' });
  await eventually(() => expect(client.closeCode).toBe(4413));
  expect(answers(client)).toEqual([]);
});

test('before the stream is open, and without a token, a refresh is a bad frame', async () => {
  const { port } = server.address() as AddressInfo;
  for (const frame of [
    { t: 'refresh', ref: 1, token: 'first' },
    { t: 'refresh', ref: 1, token: '' },
    { t: 'refresh', ref: 1 },
  ]) {
    const client = new WsClient(`ws://127.0.0.1:${port}${path}`, frame);
    await eventually(() => expect(client.closeCode).toBe(4400));
  }
});
