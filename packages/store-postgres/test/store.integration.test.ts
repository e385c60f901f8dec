import { storeContract } from '@realtime-notify/contract-kit';
import { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type PostgresStoreOptions, postgresStore } from '../src/index.js';
import { fragileStore } from './fragile-store.js';
import { dropSchema, postgresMustAnswer, postgresUrl, runSchema } from './test-postgres.js';

const pools: Pool[] = [];
beforeAll(postgresMustAnswer);
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await dropSchema(runSchema);
});

function lentPool(url: string): { readonly pool: Pool } {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5_000 });
  pools.push(pool);
  return { pool };
}

const shared = lentPool(postgresUrl);

const variants: Readonly<Record<string, (url: string) => PostgresStoreOptions>> = {
  'a pool of its own': (url) => ({ url, maxConnections: 4 }),
  'a pool of the host’s': (url) => (url === postgresUrl ? shared : lentPool(url)),
};

for (const [name, address] of Object.entries(variants)) {
  storeContract({
    name: `store-postgres, ${name}`,
    shared: true,
    create: (tuning) => postgresStore({ ...address(postgresUrl), schema: runSchema, ...tuning }),
    createFragile: () => fragileStore({ schema: runSchema }, address),
  });
}
