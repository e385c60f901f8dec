import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchMongo } from '../../scripts/services/mongo.js';
import type { PrivateServer } from './private-redis.js';

/** A MongoDB, or what stands for it, of one test's own that may be killed. */
export async function privateMongo(): Promise<PrivateServer> {
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-mongo-'));
  const mongo = await launchMongo({ dir });
  return {
    url: mongo.url,
    kill9: () => mongo.kill('SIGKILL'),
    standStill: () => mongo.kill('SIGSTOP'),
    goOn: () => mongo.kill('SIGCONT'),
    restart: mongo.restart,
    async stop() {
      await mongo.kill('SIGCONT').catch(() => undefined);
      await mongo.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
