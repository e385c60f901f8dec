// Uses a store once and closes it; the process must end by itself.
import { sampleDraft } from '@realtime-notify/contract-kit';
import { postgresStore } from '../../src/index.js';

const [url = '', channel = '', schema = ''] = process.argv.slice(2);
const store = postgresStore({ url, schema, startTimeoutMs: 2_000 });
try {
  await store.start();
  console.log('started');
  store.outbox?.watch(() => {});
  await store.append([sampleDraft(channel)]);
  await store.outbox?.relay(10);
} catch (error) {
  console.log(error);
}
await store.close();
