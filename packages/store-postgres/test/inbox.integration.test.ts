import { inboxContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { postgresStore } from '../src/index.js';
import { dropSchema, postgresMustAnswer, postgresUrl, runSchema } from './test-postgres.js';

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

inboxContract({
  name: 'store-postgres',
  shared: true,
  create: (tuning) => postgresStore({ url: postgresUrl, schema: runSchema, ...tuning }),
});
