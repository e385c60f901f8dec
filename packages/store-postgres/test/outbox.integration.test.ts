import { outboxContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { postgresStore } from '../src/index.js';
import { fragileStore } from './fragile-store.js';
import {
  beginTransaction,
  dropSchema,
  postgresMustAnswer,
  postgresUrl,
  runSchema,
} from './test-postgres.js';

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

outboxContract({
  name: 'store-postgres',
  shared: true,
  create: () => postgresStore({ url: postgresUrl, schema: runSchema }),
  begin: () => beginTransaction(),
  createFragile: () => fragileStore({ schema: runSchema }),
});
