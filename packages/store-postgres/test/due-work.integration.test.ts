import { dueWorkContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { postgresStore } from '../src/index.js';
import { fragileStore } from './fragile-store.js';
import { dropSchema, postgresMustAnswer, postgresUrl, runSchema } from './test-postgres.js';

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

dueWorkContract({
  name: 'store-postgres',
  shared: true,
  create: () => postgresStore({ url: postgresUrl, schema: runSchema }),
  createFragile: () => fragileStore({ schema: runSchema }),
});
