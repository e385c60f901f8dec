import { createServer } from 'node:net';
import { eventually, freshChannel, OutOfBand, sampleDraft } from '@realtime-notify/contract-kit';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { privatePostgres } from '../../../scripts/private-servers/postgres.js';
import { postgresStore } from '../src/index.js';
import { dropSchema, postgresMustAnswer, postgresUrl, runSchema } from './test-postgres.js';

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

test('a pool that was handed in is used, given back and never closed', async () => {
  const pool = new Pool({ connectionString: postgresUrl, max: 2 });
  onTestFinished(() => pool.end());
  const store = postgresStore({ pool, schema: runSchema });
  await store.start();
  await store.append([sampleDraft(freshChannel())]);
  await store.drain();
  await store.close();
  expect(pool.ended).toBe(false);
  expect(pool.listenerCount('error')).toBe(0);
  await eventually(() => expect(pool.idleCount).toBe(pool.totalCount));
  const { rows } = await pool.query('SELECT 1 AS one');
  expect(rows).toEqual([{ one: 1 }]);
});

test('where all connections of a handed-in pool are in use the error says so', async () => {
  const pool = new Pool({ connectionString: postgresUrl, max: 2 });
  onTestFinished(() => pool.end());
  const store = postgresStore({ pool, schema: runSchema, commandTimeoutMs: 300 });
  onTestFinished(() => store.close());
  await store.start();
  const taken = await Promise.all([pool.connect(), pool.connect()]);
  onTestFinished(() => {
    for (const client of taken) client.release();
  });
  await expect(store.positions(['user:1'])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'store-postgres: no connection of the pool was free in time',
  });
});

test('G10 a handed-in pool whose connections all die ends no process', async () => {
  const postgres = await privatePostgres();
  const pool = new Pool({ connectionString: postgres.url, connectionTimeoutMillis: 1_000 });
  const store = postgresStore({ pool, commandTimeoutMs: 1_000 });
  onTestFinished(async () => {
    await store.close();
    await pool.end();
  });
  await store.start();
  const thrown = await new OutOfBand().during(async () => {
    await Promise.all(Array.from({ length: 5 }, () => store.positions(['user:1'])));
    await postgres.kill('SIGKILL');
    await expect(store.positions(['user:1'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await postgres.restart();
    await eventually(() => store.positions(['user:1']));
  });
  expect(thrown).toEqual([]);
});

test('G10 a server that takes its leave together with its welcome ends no process', async () => {
  // AuthenticationOk, ReadyForQuery and a fatal error in one piece.
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mit goes down\0\0');
  const error = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), fields]);
  error.writeInt32BE(fields.length + 4, 1);
  const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([welcome, error])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `postgres://postgres@127.0.0.1:${address.port}/postgres`;
  const thrown = await new OutOfBand().during(async () => {
    const store = postgresStore({ url, startTimeoutMs: 500 });
    await expect(store.start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.close();
  });
  expect(thrown).toEqual([]);
});
