import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  eventually,
  freshChannel,
  OutOfBand,
  sampleDraft,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import type { AppendOutcome, Store } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { postgresStore } from '../src/index.js';
import { privatePostgres } from './private-postgres.js';
import { adminPool } from './test-postgres.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 100 };

async function startedStore(options: Parameters<typeof postgresStore>[0]): Promise<Store> {
  const store = postgresStore(options);
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('kill -9 under traffic: what was accepted is there once, in order, and nothing else', async () => {
  const postgres = await privatePostgres();
  const channel = freshChannel();
  const stores = await Promise.all(
    Array.from({ length: 4 }, () => startedStore({ url: postgres.url, ...quick })),
  );
  const total = 300;
  let accepted = 0;
  const thrown = await new OutOfBand().during(async () => {
    const writing = stores.map(async (store, writer) => {
      const placed: [key: string, offset: number][] = [];
      for (let i = 0; i < total / stores.length; i += 1) {
        const key = `${writer}-${i}`;
        const draft = sampleDraft(channel, {
          idempotency: { key, digest: key },
          dataJson: `"${key}"`,
        });
        const outcome = await eventually(async () => done(await store.append([draft])));
        accepted += 1;
        placed.push([key, outcome.envelope.offset]);
      }
      return placed;
    });
    await eventually(() => expect(accepted).toBeGreaterThan(total / 4));
    await postgres.kill('SIGKILL');
    const first = stores[0];
    await eventually(() => expect(first?.positions([channel])).rejects.toMatchObject(unavailable));
    await postgres.restart();
    const placed = (await Promise.all(writing)).flat().toSorted(([, a], [, b]) => a - b);
    expect(placed.map(([, offset]) => offset)).toEqual(
      Array.from({ length: total }, (_, i) => i + 1),
    );
    const [page] = (await first?.readAfter([{ channel, after: 0, limit: 1_000 }])) ?? [];
    expect(page?.items.map(({ dataJson, offset }) => [JSON.parse(dataJson), offset])).toEqual(
      placed,
    );
  });
  expect(thrown).toEqual([]);
});

test('a server that stopped answering: calls reject, the link comes back, nothing runs twice', async () => {
  const postgres = await privatePostgres();
  const store = await startedStore({ url: postgres.url, ...quick });
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  const thrown = await new OutOfBand().during(async () => {
    await postgres.kill('SIGSTOP');
    const lost = Array.from({ length: 10 }, () => sampleDraft(channel));
    const outcomes = await Promise.all(lost.map((draft) => store.append([draft])));
    for (const [outcome] of outcomes)
      expect(outcome).toMatchObject({ status: 'failed', error: unavailable });
    await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
    await postgres.kill('SIGCONT');
    const last = sampleDraft(channel);
    await eventually(async () => done(await store.append([last])));
    const [page] = await store.readAfter([{ channel, after: 0, limit: 100 }]);
    const ids = page?.items.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)).toBe(last.id);
  });
  expect(thrown).toEqual([]);
});

test('a half-open connection is broken off and made anew though no end was ever seen', async () => {
  const postgres = await privatePostgres();
  const proxy = await tcpProxy(Number(new URL(postgres.url).port));
  const store = await startedStore({
    url: `postgres://postgres@127.0.0.1:${proxy.port}/postgres`,
    ...quick,
  });
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  // The clean-up after the first append may have made another one.
  await store.drain();
  const before = proxy.accepted;
  proxy.freeze();
  await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
  await eventually(async () => done(await store.append([sampleDraft(channel)])));
  expect(proxy.accepted).toBeGreaterThan(before);
});

test('a connection cut with commands under way: each settles, none runs twice', async () => {
  const postgres = await privatePostgres();
  const store = await startedStore({ url: postgres.url, ...quick });
  const admin = adminPool(postgres.url);
  onTestFinished(() => admin.end());
  const channel = freshChannel();
  const drafts = Array.from({ length: 200 }, () => sampleDraft(channel));
  const settled = Promise.all(drafts.map((draft) => store.append([draft])));
  await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'realtime-notify-store'",
  );
  const outcomes = (await settled).flat();
  await eventually(() => store.positions([channel]));
  const [page] = await store.readAfter([{ channel, after: 0, limit: 1_000 }]);
  const ids = page?.items.map(({ id }) => id) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  const known = drafts.filter((_, i) => outcomes[i]?.status === 'appended').map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(known));
});

test('G10 close leaves no connection where the server has fallen silent', async () => {
  const postgres = await privatePostgres();
  const connections = (): number =>
    process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
  const before = connections();
  const store = await startedStore({ url: postgres.url, ...quick });
  await store.append([sampleDraft(freshChannel())]);
  expect(connections()).toBeGreaterThan(before);
  await postgres.kill('SIGSTOP');
  await store.close();
  await eventually(() => expect(connections()).toBeLessThanOrEqual(before));
});

test('start rejects while PostgreSQL is away, and succeeds once it is there', async () => {
  const postgres = await privatePostgres();
  await postgres.kill('SIGKILL');
  const store = postgresStore({ url: postgres.url, startTimeoutMs: 300 });
  onTestFinished(() => store.close());
  await expect(store.start()).rejects.toMatchObject(unavailable);
  await expect(store.positions(['user:1'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await postgres.restart();
  await eventually(() => store.start());
  await store.positions(['user:1']);
});

test('close ends a start that waits for its next attempt', async () => {
  let attempts = 0;
  const refusing = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void refusing.close());
  const address = refusing.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const endless = { startTimeoutMs: 3_600_000, maxReconnectDelayMs: 3_600_000 };
  const store = postgresStore({ url: `postgres://127.0.0.1:${address.port}/postgres`, ...endless });
  const started = expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
  // The waits double: after five attempts it waits far longer than an attempt takes.
  await eventually(() => expect(attempts).toBeGreaterThanOrEqual(5));
  let hasEnded = false;
  void started.then(() => {
    hasEnded = true;
  });
  await store.close();
  await nextTurn();
  expect(hasEnded).toBe(true);
  await started;
});

test('start rejects at once on wrong credentials, without giving them away', async () => {
  const postgres = await privatePostgres();
  const admin = adminPool(postgres.url);
  await admin.query("CREATE ROLE notify LOGIN PASSWORD 'right'");
  const { rows } = await admin.query<{ hba_file: string }>('SHOW hba_file');
  await writeFile(rows[0]?.hba_file ?? '', 'host all notify 127.0.0.1/32 scram-sha-256\n');
  await admin.query('SELECT pg_reload_conf()');
  await admin.end();
  const { host } = new URL(postgres.url);
  const login = { url: `postgres://${host}/postgres`, username: 'notify' };
  const store = postgresStore({ ...login, password: 'wr0ng-secret', startTimeoutMs: 3_600_000 });
  onTestFinished(() => store.close());
  const error = await eventually(async () => {
    const reason: unknown = await store.start().catch((failure: unknown) => failure);
    expect(reason).toMatchObject({
      ...unavailable,
      message: expect.stringContaining('password authentication failed'),
    });
    return reason;
  });
  const { cause } = error as Error;
  expect(JSON.stringify([String(error), cause, String(cause)])).not.toContain('wr0ng-secret');
});

test('one log line per change of the link', async () => {
  const postgres = await privatePostgres();
  const lines: string[] = [];
  const note = (_facts: object, message: string): void => {
    lines.push(message);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const store = await startedStore({ url: postgres.url, logger, ...quick });
  await postgres.kill('SIGKILL');
  await eventually(() => expect(lines).toHaveLength(2));
  await postgres.restart();
  await eventually(() => store.positions(['user:1']));
  await store.close();
  const [up, down] = [
    'store-postgres: the link to PostgreSQL is up',
    'store-postgres: the link to PostgreSQL is down',
  ];
  expect(lines).toEqual([up, down, up]);
});

function done(outcomes: readonly AppendOutcome[]): Exclude<AppendOutcome, { status: 'failed' }> {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  if (outcome.status === 'failed') throw outcome.error;
  return outcome;
}
