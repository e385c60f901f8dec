import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { launchPostgres, type PostgresInstance } from '../../../scripts/services/postgres.js';

/** A PostgreSQL of this test's own, which it may kill; gone when the test has finished. */
export async function privatePostgres(args: readonly string[] = []): Promise<PostgresInstance> {
  const dir = await mkdtemp(join(tmpdir(), 'rn-postgres-'));
  const postgres = await launchPostgres({ dir, args });
  onTestFinished(async () => {
    await postgres.kill('SIGCONT').catch(() => undefined);
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return postgres;
}
