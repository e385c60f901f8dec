// Relays what has committed for as long as it lives: outbox-killed.integration.test.ts kills it.
import { postgresStore } from '../../src/index.js';

const [url = '', schema = ''] = process.argv.slice(2);
const store = postgresStore({ url, schema, maxConnections: 2 });
await store.start();
const { outbox } = store;
if (outbox === undefined) throw new Error('the store has no outbox');
let wake = (): void => {};
outbox.watch(() => wake());
console.log('ready');
for (;;) {
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const { drafts, more } = await outbox.relay(20);
  if (drafts.length > 0) console.log(drafts.length);
  if (!more) await woken;
}
