import { expect, onTestFinished, test } from 'vitest';
import { postgresStore } from '../src/index.js';

test('a start in vain says why PostgreSQL was not reached', async () => {
  const store = postgresStore({ url: 'postgres://127.0.0.1:1/app', startTimeoutMs: 300 });
  onTestFinished(() => store.close());
  await expect(store.start()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'store-postgres: no answer within 300 ms: connect ECONNREFUSED 127.0.0.1:1',
  });
});
