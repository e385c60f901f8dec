import { readFile } from 'node:fs/promises';
import { freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type PostgresStoreSettings, postgresMigrations, postgresStore } from '../src/index.js';
import {
  adminPool,
  dropSchema,
  postgresMustAnswer,
  postgresUrl,
  runSchema,
} from './test-postgres.js';

const unavailable = 'STORE_UNAVAILABLE';
let admin: Pool;
let schemas = 0;

beforeAll(async () => {
  await postgresMustAnswer();
  admin = adminPool(postgresUrl);
});
afterAll(() => admin?.end());

function freshSchema(): string {
  schemas += 1;
  const schema = `${runSchema}_${schemas}`;
  onTestFinished(() => dropSchema(schema));
  return schema;
}

function storeOn(options: PostgresStoreSettings, url: string = postgresUrl) {
  const store = postgresStore({ url, ...options });
  onTestFinished(() => store.close());
  return store;
}

test('nodes that start together make the schema once', async () => {
  const schema = freshSchema();
  const stores = Array.from({ length: 8 }, () => storeOn({ schema }));
  await Promise.all(stores.map((store) => store.start()));
  const { rows } = await admin.query(`SELECT version FROM ${schema}.schema_version`);
  expect(rows).toEqual([{ version: 1 }]);
  // Started again it changes nothing.
  await storeOn({ schema }).start();
});

test('a schema of a newer release is refused at once, and left alone', async () => {
  const schema = freshSchema();
  await storeOn({ schema }).start();
  await admin.query(`INSERT INTO ${schema}.schema_version (version) VALUES (99)`);
  const later = storeOn({ schema, startTimeoutMs: 3_600_000 });
  await expect(later.start()).rejects.toMatchObject({
    code: unavailable,
    message: expect.stringMatching(/version 99, made by a newer release; this one knows 1$/),
  });
});

test('migrate: false makes nothing, and works where the statements were run by hand', async () => {
  const schema = freshSchema();
  const store = storeOn({ schema, migrate: false, startTimeoutMs: 3_600_000 });
  await expect(store.start()).rejects.toMatchObject({
    code: unavailable,
    message: expect.stringContaining('run postgresMigrations'),
  });
  for (const { sql } of postgresMigrations(schema)) await admin.query(sql);
  await store.start();
  const [outcome] = await store.append([sampleDraft(freshChannel())]);
  expect(outcome?.status).toBe('appended');
});

test('a user who may make no tables is told what to do', async () => {
  const schema = freshSchema();
  const user = `${schema}_user`;
  await admin.query(`CREATE ROLE ${user} LOGIN`);
  onTestFinished(async () => void (await admin.query(`DROP ROLE ${user}`)));
  const url = postgresUrl.replace('postgres://postgres@', `postgres://${user}@`);
  const store = storeOn({ schema, startTimeoutMs: 3_600_000 }, url);
  await expect(store.start()).rejects.toMatchObject({
    code: unavailable,
    message: expect.stringMatching(/permission denied for database.* run postgresMigrations/),
  });
});

test('the rights in the documentation are enough for a user that owns nothing', async () => {
  const schema = freshSchema();
  const user = `${schema}_user`;
  await storeOn({ schema }).start();
  await admin.query(`CREATE ROLE ${user} LOGIN`);
  onTestFinished(async () => {
    await dropSchema(schema);
    await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });
  const url = postgresUrl.replace('postgres://postgres@', `postgres://${user}@`);
  const store = storeOn({ schema, startTimeoutMs: 3_600_000 }, url);
  await expect(store.start()).rejects.toMatchObject({
    code: unavailable,
    message: expect.stringContaining('permission denied'),
  });
  const docs = await readFile(new URL('../../../docs/stores.md', import.meta.url), 'utf8');
  const grants = /```sql\n(GRANT [^`]+)```/.exec(docs)?.[1] ?? '';
  await admin.query(
    grants.replaceAll('realtime_notify', schema).replaceAll('TO notify', `TO ${user}`),
  );
  await store.start();
  const [channel, key] = [freshChannel(), { key: 'k', digest: 'd' }];
  const [outcome] = await store.append([sampleDraft(channel, { idempotency: key })]);
  expect(outcome?.status).toBe('appended');
  await store.readAfter([{ channel, after: 0, limit: 1 }]);
  await store.dueWork?.schedule([{ key: 'k', afterMs: 0, workJson: '{}' }]);
  expect(await store.dueWork?.take(1, 1_000)).toHaveLength(1);
});

test.each(['A', 'a-b', 'a"b', '1a', '', 'x'.repeat(51)])('%j is no schema', (schema) => {
  expect(() => postgresMigrations(schema)).toThrow(RangeError);
  expect(() => postgresStore({ url: postgresUrl, schema })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
});
