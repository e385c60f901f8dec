import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchPostgres } from '../../scripts/services/postgres.js';
import type { PrivateServer } from './private-redis.js';

/** A PostgreSQL of one test's own that may be killed, as durable as it is by default. */
export async function privatePostgres(): Promise<PrivateServer> {
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-postgres-'));
  const postgres = await launchPostgres({ dir });
  return {
    url: postgres.url,
    kill9: () => postgres.kill('SIGKILL'),
    standStill: () => postgres.kill('SIGSTOP'),
    goOn: () => postgres.kill('SIGCONT'),
    restart: postgres.restart,
    async stop() {
      await postgres.kill('SIGCONT').catch(() => undefined);
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
