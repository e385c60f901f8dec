import { launchPostgres, type PostgresInstance } from '../services/postgres.js';
import { forOneTest, inOwnDir } from './own-dir.js';

/** A PostgreSQL for one test, which may disturb and kill it; as durable as it is by default. */
export function privatePostgres(args: readonly string[] = []): Promise<PostgresInstance> {
  return forOneTest(inOwnDir('postgres', (dir) => launchPostgres({ dir, args })));
}
