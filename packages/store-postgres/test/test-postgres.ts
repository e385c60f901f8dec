import { Client, Pool } from 'pg';

/** The PostgreSQL that `npm run services -- up postgres` leaves running. */
export const postgresUrl =
  process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:16432/postgres';

/** A schema of this run only, so that nothing needs emptying and runs do not meet. */
export const runSchema = `rn_test_${process.pid}_${Date.now()}`;

/** Rejects with what to do where PostgreSQL is not there. */
export async function postgresMustAnswer(): Promise<void> {
  const pool = adminPool(postgresUrl);
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    throw new Error('PostgreSQL is not reachable: start it with: npm run services -- up postgres', {
      cause,
    });
  } finally {
    await pool.end();
  }
}

/** A plain pool to look at the server and to disturb it. */
export function adminPool(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 4, connectionTimeoutMillis: 2_000 });
  // Every failure rejects a call too.
  pool.on('error', () => undefined);
  return pool;
}

/** Deletes what a test has left behind. */
export async function dropSchema(schema: string, url: string = postgresUrl): Promise<void> {
  const pool = adminPool(url);
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await pool.end();
}

/** A transaction as a host has it, on a connection of its own. */
export async function beginTransaction(url: string = postgresUrl) {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  const end = async (statement: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
    await client.query(statement);
    await client.end();
  };
  return { session: client, commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') };
}
