import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { mongoDatabase, mongoHasTransactions } from './harness/mongo-database.js';
import { postgresDatabase } from './harness/postgres-database.js';

const page = readFileSync(new URL('../docs/outbox.md', import.meta.url), 'utf8');
const [inMemory = '', onPostgres = '', onMongo = ''] = [
  ...page.matchAll(/```ts\n(import [\s\S]*?)```/g),
].map(([, code]) => code ?? '');

test('the transaction in memory of docs/outbox.md, run as it stands, does what its comments say', async () => {
  expect(inMemory).toContain('memoryTransaction()');
  expect(await run('memory', inMemory)).toBe('pending\nshown 1\n');
});

test('the transaction on PostgreSQL of docs/outbox.md, run as it stands, commits both', async () => {
  expect(onPostgres).toContain('postgresStore');
  const postgres = await postgresDatabase();
  onTestFinished(() => postgres.release());
  expect(await run('postgres', withTold(onPostgres), { POSTGRES_URL: postgres.url })).toBe(
    'order.approved\n',
  );
  expect(await postgres.query('SELECT id FROM orders')).toEqual([{ id: 'o1' }]);
});

test('the same, where its connection is lost on the way, throws and ends no process by an event', async () => {
  const postgres = await postgresDatabase();
  onTestFinished(() => postgres.release());
  const insert = "await client.query('INSERT";
  expect(onPostgres).toContain(insert);
  const lose = "await client.query('SELECT pg_terminate_backend(pg_backend_pid())')";
  const code = onPostgres.replace(insert, `${lose}.catch(() => undefined);\n${insert}`);
  const { stderr }: { stderr?: string } = await run('lost', code, {
    POSTGRES_URL: postgres.url,
  }).catch(Object);
  expect(stderr).toMatch(/connection/i);
  expect(stderr).not.toContain("Unhandled 'error' event");
});

const isProven = await mongoHasTransactions();

test(`the transaction on MongoDB of docs/outbox.md, run as it stands, ${
  isProven ? 'commits both' : 'is refused by a server without transactions: UNPROVEN here'
}`, async () => {
  expect(onMongo).toContain('mongoStore');
  const mongo = await mongoDatabase();
  onTestFinished(() => mongo.release());
  const running = run('mongo', withTold(onMongo), { MONGODB_URL: mongo.url });
  if (isProven) expect(await running).toBe('order.approved\n');
  else {
    const stderr = expect.stringContaining("code: 'TRANSACTIONS_UNSUPPORTED'");
    await expect(running).rejects.toMatchObject({ stdout: '', stderr });
  }
  expect(await mongo.ids('orders')).toEqual(isProven ? ['o1'] : []);
});

/** The code, with a line for each notification that is shown. */
function withTold(code: string): string {
  const told = "notifier.on('notified', ({ type }) => console.log(type));\n";
  return code.replace('await notifier.start();', `${told}await notifier.start();`);
}

/** Beside the examples' shared parts, whose dependencies are those that the code imports; resolves with its output. */
async function run(name: string, code: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const url = new URL(`../examples/shared/outbox-${name}-${process.pid}.ts`, import.meta.url);
  const file = fileURLToPath(url);
  writeFileSync(file, code);
  onTestFinished(() => rmSync(file));
  const source = ['--import', 'tsx', '--conditions=@realtime-notify/source'];
  const { stdout } = await promisify(execFile)(process.execPath, [...source, file], {
    env: { ...process.env, ...env },
  });
  return stdout;
}
