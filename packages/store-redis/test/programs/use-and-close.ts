// Run by exit.integration.test.ts: must end by itself, since nothing is left open after `close`.
import { redisStore } from '../../src/index.js';

const [, , url = '', channel = ''] = process.argv;
const store = redisStore({ url, maxReconnectDelayMs: 3_600_000, startTimeoutMs: 2_000 });
const started = await store.start().then(
  () => 'started',
  (error: unknown) => String(error),
);
if (started === 'started') await store.positions([channel]);
await store.close();
console.log(started);
