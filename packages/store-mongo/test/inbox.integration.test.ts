import { inboxContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeEach } from 'vitest';
import { mongoStore } from '../src/index.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

let collectionPrefix: string;
beforeEach(() => {
  collectionPrefix = freshPrefix();
});
afterAll(dropRunDatabase);

inboxContract({
  name: 'store-mongo',
  shared: true,
  create: (tuning) =>
    mongoStore({
      ...{ url: mongoUrl, database: runDatabase, collectionPrefix, commandTimeoutMs: 20_000 },
      ...tuning,
    }),
  // FerretDB is slow.
  modelRuns: 3,
});
