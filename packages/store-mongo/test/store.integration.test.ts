import { storeContract, tcpProxy } from '@realtime-notify/contract-kit';
import { afterAll, beforeEach } from 'vitest';
import { mongoStore } from '../src/index.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

let collectionPrefix = freshPrefix();
beforeEach(() => {
  collectionPrefix = freshPrefix();
});
afterAll(dropRunDatabase);
const where = () => ({ url: mongoUrl, database: runDatabase, collectionPrefix });

storeContract({
  name: 'store-mongo',
  shared: true,
  // FerretDB is slow.
  modelRuns: 20,
  create: (tuning) => mongoStore({ ...where(), commandTimeoutMs: 20_000, ...tuning }),
  createFragile: async () => {
    const url = new URL(mongoUrl);
    const { port, goAway } = await tcpProxy(Number(url.port));
    url.port = String(port);
    const store = mongoStore({ ...where(), url: url.href, commandTimeoutMs: 2_000 });
    return { store, goAway };
  },
});
