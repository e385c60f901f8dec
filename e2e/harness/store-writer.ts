// A process that appends to one channel as fast as it can, for writers.test.ts.
//   store-writer.ts <store> <address> <channel> <notifications>
// Waits for a line on its standard input, then prints the offset of each notification as JSON.
import { once } from 'node:events';
import { sampleDraft } from '../../packages/contract-kit/src/samples.js';
import { storeAt } from './store-at.js';

const [kind = '', address = '', channel = '', count = '0'] = process.argv.slice(2);
const store = storeAt(kind, address);
await store.start();
console.log('ready');
await once(process.stdin, 'data');
const offsets: number[] = [];
while (offsets.length < Number(count)) {
  const [outcome] = await store.append([sampleDraft(channel)]);
  if (outcome === undefined || outcome.status === 'failed') throw outcome?.error;
  offsets.push(outcome.envelope.offset);
}
console.log(JSON.stringify(offsets));
await store.close();
process.stdin.destroy();
