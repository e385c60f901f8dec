import { Client } from 'pg';

/** One round trip that proves that it takes writes. */
export async function postgresAnswers(url: string): Promise<boolean> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  // Every failure also rejects the call below.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ replica: boolean }>(
      'SELECT pg_is_in_recovery() AS replica',
    );
    return rows[0]?.replica === false;
  } finally {
    await client.end();
  }
}
