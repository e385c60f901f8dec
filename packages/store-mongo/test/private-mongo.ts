import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { launchMongo, type MongoInstance } from '../../../scripts/services/mongo.js';

/** A server for one test, to be killed and started again. */
export async function privateMongo(): Promise<MongoInstance> {
  const dir = await mkdtemp(join(tmpdir(), 'store-mongo-'));
  const instance = await launchMongo({ dir });
  onTestFinished(async () => {
    await instance.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return instance;
}
