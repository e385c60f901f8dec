import { freshChannel, outboxContract, sampleDraft } from '@realtime-notify/contract-kit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { postgresStore } from '../src/index.js';
import { fragileStore } from './fragile-store.js';
import {
  adminPool,
  beginTransaction,
  dropSchema,
  postgresMustAnswer,
  postgresUrl,
  runSchema,
} from './test-postgres.js';

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

outboxContract({
  name: 'store-postgres',
  shared: true,
  create: () => postgresStore({ url: postgresUrl, schema: runSchema }),
  begin: () => beginTransaction(),
  createFragile: () => fragileStore({ schema: runSchema }),
});

test('O-SESSION a connection that is in no transaction, or in one that has failed, puts nothing', async () => {
  const store = postgresStore({ url: postgresUrl, schema: runSchema });
  onTestFinished(() => store.close());
  await store.start();
  const { outbox } = store;
  if (outbox === undefined) throw new Error('the store has no outbox');
  const pool = adminPool(postgresUrl);
  onTestFinished(() => pool.end());
  const drafts = [sampleDraft(freshChannel())];
  const invalid = { code: 'OPTIONS_INVALID', message: expect.stringContaining('BEGIN first') };
  await expect(outbox.put(pool, drafts)).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    message: expect.stringContaining('not a pool'),
  });
  const client = await pool.connect();
  onTestFinished(() => client.release());
  await expect(outbox.put(client, drafts)).rejects.toMatchObject(invalid);
  await client.query('BEGIN');
  await expect(client.query('SELECT 1 / 0')).rejects.toThrow();
  // The driver's own error: in_failed_sql_transaction.
  await expect(outbox.put(client, drafts)).rejects.toMatchObject({ code: '25P02' });
  await client.query('ROLLBACK');
  expect(await outbox.relay(10)).toEqual({ drafts: [], outcomes: [], more: false });
});

test('O-SESSION a connection that does not answer keeps nobody for ever', async () => {
  const store = postgresStore({ url: postgresUrl, schema: runSchema, commandTimeoutMs: 1_000 });
  onTestFinished(() => store.close());
  await store.start();
  // Never connected: it keeps what it is asked until it is.
  const silent = new Client({ connectionString: postgresUrl });
  await expect(store.outbox?.put(silent, [sampleDraft(freshChannel())])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('is it connected?'),
  });
});
