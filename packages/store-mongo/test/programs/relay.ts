// Relays what has committed for as long as it lives: outbox-killed.integration.test.ts kills it.
import { setTimeout as pause } from 'node:timers/promises';
import { mongoStore } from '../../src/index.js';

const [url = '', database = '', collectionPrefix = ''] = process.argv.slice(2);
const store = mongoStore({ url, database, collectionPrefix, commandTimeoutMs: 2_000 });
await store.start();
const { outbox } = store;
if (outbox === undefined) throw new Error('the store has no outbox');
console.log('ready');
for (;;) {
  const { drafts, more } = await outbox.relay(20);
  if (drafts.length > 0) console.log(drafts.length);
  if (!more) await pause(5);
}
