import { dueWorkContract, tcpProxy } from '@realtime-notify/contract-kit';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { mongoStore } from '../src/index.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

// FerretDB reads and writes an update's document in two steps, so two at once may both succeed. Over one connection
// its commands come one at a time, as MongoDB carries them out on one document.
let client: MongoClient;
let collectionPrefix: string;
beforeAll(async () => {
  client = await new MongoClient(mongoUrl, { maxPoolSize: 1 }).connect();
});
beforeEach(() => {
  collectionPrefix = freshPrefix();
});
afterAll(async () => {
  await client?.close();
  await dropRunDatabase();
});
const where = () => ({ database: runDatabase, collectionPrefix });

dueWorkContract({
  name: 'store-mongo',
  shared: true,
  create: () => mongoStore({ client, ...where(), commandTimeoutMs: 20_000 }),
  createFragile: async () => {
    const url = new URL(mongoUrl);
    const { port, goAway } = await tcpProxy(Number(url.port));
    url.port = String(port);
    const store = mongoStore({ url: url.href, ...where(), commandTimeoutMs: 2_000 });
    return { store, goAway };
  },
});
