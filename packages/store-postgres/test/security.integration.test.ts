import { chmod, chown, copyFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privatePostgres } from '../../../scripts/private-servers/postgres.js';
import {
  makeRedisCertificates,
  type RedisCertificates,
} from '../../../scripts/services/redis-tls.js';
import { type PostgresStoreOptions, postgresStore } from '../src/index.js';
import { adminPool } from './test-postgres.js';

const password = 'a l0ng:p/w@';

/** A PostgreSQL that lets the user `notify` in over TLS only, by a password. */
async function securePostgres(): Promise<{ url: string; certificates: RedisCertificates }> {
  const postgres = await privatePostgres();
  const admin = adminPool(postgres.url);
  const { rows } = await admin.query<{ data_directory: string }>('SHOW data_directory');
  const data = rows[0]?.data_directory ?? '';
  const certificates = await makeRedisCertificates(join(data, 'tls'));
  const { uid, gid } = await stat(data);
  for (const [from, name] of [
    [certificates.server.certFile, 'server.crt'],
    [certificates.server.keyFile, 'server.key'],
  ] as const) {
    const file = join(data, name);
    await copyFile(from, file);
    await chmod(file, 0o600);
    await chown(file, uid, gid);
  }
  const rules = 'hostssl all notify all scram-sha-256\nhost all postgres all trust\n';
  await writeFile(join(data, 'pg_hba.conf'), rules);
  await admin.query(`CREATE ROLE notify LOGIN PASSWORD '${password}'`);
  await admin.query('GRANT CREATE ON DATABASE postgres TO notify');
  await admin.query('ALTER SYSTEM SET ssl = on');
  await admin.query('SELECT pg_reload_conf()');
  await eventually(async () => {
    expect((await admin.query('SHOW ssl')).rows).toEqual([{ ssl: 'on' }]);
  });
  await admin.end();
  const { host } = new URL(postgres.url);
  return { url: `postgres://${host}/postgres`, certificates };
}

function storeOn(options: PostgresStoreOptions) {
  const store = postgresStore(options);
  onTestFinished(() => store.close());
  return store;
}

test('over TLS, with a password of any characters; certificates are checked, and plain is refused at once', async () => {
  const { url, certificates } = await securePostgres();
  const { ca } = certificates;
  const login = { url, username: 'notify', password, startTimeoutMs: 3_600_000 };
  const store = storeOn({ ...login, tls: { ca } });
  await eventually(() => store.start());
  const [outcome] = await store.append([sampleDraft(freshChannel())]);
  expect(outcome?.status).toBe('appended');
  const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('refused: ') };
  for (const tls of [true, { ca, servername: 'other.test' }, false]) {
    await expect(storeOn({ ...login, tls }).start()).rejects.toMatchObject(refused);
  }
});

test('a server without TLS is refused at once where TLS is asked for', async () => {
  const { url } = await privatePostgres();
  const store = storeOn({ url, tls: true, startTimeoutMs: 3_600_000 });
  await expect(store.start()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('does not support SSL'),
  });
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
  const store = storeOn({ ...login, password: 'wr0ng-secret', startTimeoutMs: 3_600_000 });
  const error = await eventually(async () => {
    const reason: unknown = await store.start().catch((failure: unknown) => failure);
    expect(reason).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('password authentication failed'),
    });
    return reason;
  });
  const { cause } = error as Error;
  expect(JSON.stringify([String(error), cause, String(cause)])).not.toContain('wr0ng-secret');
});
