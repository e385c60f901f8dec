import { launchMongo, type MongoInstance } from '../services/mongo.js';
import { forOneTest, inOwnDir } from './own-dir.js';

/** A MongoDB, or what stands for it, for one test, which may disturb and kill it. */
export function privateMongo(): Promise<MongoInstance> {
  return forOneTest(inOwnDir('mongo', (dir) => launchMongo({ dir })));
}
