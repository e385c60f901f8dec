import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { serviceAddress } from './service-address.js';

/** A database of the shared PostgreSQL that is a test's own. */
export interface PostgresDatabase {
  readonly url: string;
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Deletes it, whoever is still connected. */
  release(): Promise<void>;
}

export async function postgresDatabase(): Promise<PostgresDatabase> {
  const name = `e2e_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(serviceAddress('POSTGRES_URL'));
  const query = async (at: string, text: string) => {
    const client = new Client({ connectionString: at });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const admin = url.href;
  await query(admin, `CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: (text) => query(url.href, text),
    release: async () => void (await query(admin, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}
