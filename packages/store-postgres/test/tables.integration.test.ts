import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import type { Store } from '@realtime-notify/core';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type PostgresStoreSettings, postgresStore } from '../src/index.js';
import {
  adminPool,
  dropSchema,
  postgresMustAnswer,
  postgresUrl,
  runSchema,
} from './test-postgres.js';

let admin: Pool;
beforeAll(async () => {
  await postgresMustAnswer();
  admin = adminPool(postgresUrl);
});
afterAll(async () => {
  await admin?.end();
  await dropSchema(runSchema);
});

async function startedStore(settings: PostgresStoreSettings = {}): Promise<Store> {
  const store = postgresStore({ url: postgresUrl, schema: runSchema, ...settings });
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

/** Offsets of the entries of a channel that the table really holds. */
async function offsetsOf(channel: string): Promise<readonly number[]> {
  const { rows } = await admin.query<{ offset: string }>(
    `SELECT "offset" FROM ${runSchema}.log JOIN ${runSchema}.heads h ON h.id = head_id
     WHERE channel = $1 ORDER BY "offset"`,
    [channel],
  );
  return rows.map(({ offset }) => Number(offset));
}

async function cleanUp(): Promise<void> {
  await admin.query(`SELECT ${runSchema}.clean_up(1000)`);
}

/** As if that much time had passed for all that is kept of a channel. */
async function age(channel: string, interval: string): Promise<void> {
  await admin.query(
    `UPDATE ${runSchema}.heads SET log_until = log_until - $2::interval,
       head_until = head_until - $2::interval WHERE channel = $1`,
    [channel, interval],
  );
  await admin.query(
    `UPDATE ${runSchema}.log SET appended_at = appended_at - $2::interval
     WHERE head_id = (SELECT id FROM ${runSchema}.heads WHERE channel = $1)`,
    [channel, interval],
  );
}

test('G9 what exceeds the retention leaves the table with the append', async () => {
  const store = await startedStore({ retention: { maxCount: 3 } });
  const channel = freshChannel();
  for (let i = 0; i < 5; i += 1) await store.append([sampleDraft(channel)]);
  expect(await offsetsOf(channel)).toEqual([3, 4, 5]);
  await store.append(Array.from({ length: 20 }, () => sampleDraft(channel)));
  expect(await offsetsOf(channel)).toEqual([23, 24, 25]);
});

test('a refused change leaves no row behind', async () => {
  const store = await startedStore();
  const channel = freshChannel();
  const from = { epoch: 'e1', offset: 7, tag: 'b302099a' };
  const [outcome] = await store.append([
    sampleDraft(channel, { change: { from, stateJson: '1' } }),
  ]);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'HEAD_MOVED' } });
  const { rows } = await admin.query(`SELECT FROM ${runSchema}.heads WHERE channel = $1`, [
    channel,
  ]);
  expect(rows).toEqual([]);
});

test('G9 a log that nobody appends to leaves the table when all of it is too old, and the head stays', async () => {
  const store = await startedStore();
  const [old, young] = [freshChannel(), freshChannel()];
  await store.append([old, old, young].map((channel) => sampleDraft(channel)));
  const before = await store.positions([old, young]);
  await age(old, '8 days');
  await cleanUp();
  expect([await offsetsOf(old), await offsetsOf(young)]).toEqual([[], [1]]);
  expect(await store.positions([old, young])).toEqual(before);
  const [page] = await store.readAfter([{ channel: old, after: 0, limit: 5 }]);
  expect(page).toMatchObject({ items: [], logStart: 3, head: before[0] });
  const [outcome] = await store.append([sampleDraft(old)]);
  expect(outcome).toMatchObject({ envelope: { offset: 3, epoch: before[0]?.epoch } });
  const [again] = await store.readAfter([{ channel: old, after: 0, limit: 5 }]);
  expect(again).toMatchObject({ items: [{ offset: 3 }], logStart: 3 });
});

test('G9 a head is forgotten with its state after its own time, and begins anew', async () => {
  const store = await startedStore({ headRetentionMs: 10 * 86_400_000 });
  const channel = freshChannel();
  const from = { epoch: '0', offset: 0, tag: '00000000' };
  await store.append([sampleDraft(channel, { change: { from, stateJson: '1' } })]);
  await age(channel, '9 days');
  await cleanUp();
  expect((await store.states([channel]))[0]).toMatchObject({ stateJson: '1' });
  await age(channel, '3 days');
  await cleanUp();
  expect((await store.states([channel]))[0]).toEqual({ position: from, stateJson: null });
  const { rows } = await admin.query(`SELECT FROM ${runSchema}.states WHERE state = '1'`);
  expect(rows).toEqual([]);
});

test('G9 keys go after their window beside the appends, without anybody asking', async () => {
  const store = await startedStore({ idempotencyWindowMs: 1 });
  const channel = freshChannel();
  const keys = async (): Promise<number> => {
    const { rows } = await admin.query(
      `SELECT FROM ${runSchema}.idempotency_keys JOIN ${runSchema}.heads h ON h.id = head_id
       WHERE channel = $1`,
      [channel],
    );
    return rows.length;
  };
  const idempotency = { key: 'k', digest: 'd' };
  await store.append([sampleDraft(channel, { idempotency })]);
  await eventually(async () => {
    // A store that has just started cleans up with its first append.
    const other = await startedStore();
    await other.append([sampleDraft(channel)]);
    expect(await keys()).toBe(0);
  });
});

test('a key whose window is over is free, deleted or not', async () => {
  const store = await startedStore();
  const channel = freshChannel();
  const once = async (digest: string): Promise<string | undefined> => {
    const draft = sampleDraft(channel, { idempotency: { key: 'k', digest } });
    return (await store.append([draft]))[0]?.status;
  };
  expect([await once('a'), await once('a'), await once('b')]).toEqual([
    'appended',
    'duplicate',
    'failed',
  ]);
  // It has cleaned up with its first append, and does so again in some seconds only.
  await store.drain();
  await admin.query(
    `UPDATE ${runSchema}.idempotency_keys SET expires_at = now() WHERE head_id =
       (SELECT id FROM ${runSchema}.heads WHERE channel = $1)`,
    [channel],
  );
  expect([await once('b'), await once('b')]).toEqual(['appended', 'duplicate']);
});

test('G9 finished work keeps its key for a day', async () => {
  const store = await startedStore();
  const work = { key: freshChannel(), afterMs: 0, workJson: '{}' };
  const rows = async (): Promise<readonly unknown[]> =>
    (await admin.query(`SELECT work FROM ${runSchema}.due_work WHERE key = $1`, [work.key])).rows;
  await store.dueWork?.schedule([work]);
  const [taken] = (await store.dueWork?.take(1, 60_000)) ?? [];
  if (taken === undefined) throw new Error('nothing was due');
  await store.dueWork?.finish(taken);
  await cleanUp();
  expect(await rows()).toEqual([{ work: '' }]);
  const earlier = `UPDATE ${runSchema}.due_work SET finished_at = finished_at - interval '1 day' WHERE key = $1`;
  await admin.query(earlier, [work.key]);
  await store.dueWork?.schedule([work]);
  expect(await store.dueWork?.take(1, 60_000)).toMatchObject([{ key: work.key, attempt: 1 }]);
  await store.dueWork?.cancel([work.key]);
  expect(await rows()).toEqual([]);
});

test('what the database makes of transactions by default does not matter', async () => {
  const url = new URL(postgresUrl);
  url.searchParams.set('options', '-c default_transaction_isolation=serializable');
  const channel = freshChannel();
  const stores = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const store = postgresStore({ url: url.href, schema: runSchema });
      onTestFinished(() => store.close());
      await store.start();
      return store;
    }),
  );
  const outcomes = await Promise.all(
    stores.map((store) => store.append([sampleDraft(channel), sampleDraft(channel)])),
  );
  expect(outcomes.flat().map(({ status }) => status)).toEqual(Array(6).fill('appended'));
});
