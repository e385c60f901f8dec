// A process that appends to one channel as fast as it can, a few appends at a time, for writers.test.ts.
//   store-writer.ts <store> <address> <channel> <appends>
// Waits for a line on its standard input, then prints the offset of each as JSON; of those under way together, sorted.
import { once } from 'node:events';
import { sampleDraft } from '../../packages/contract-kit/src/samples.js';
import { storeAt } from './store-at.js';

const [kind = '', address = '', channel = '', count = '0'] = process.argv.slice(2);
const atOnce = 4;
const store = storeAt(kind, address);
await store.start();
console.log('ready');
await once(process.stdin, 'data');
const offsets: number[] = [];
while (offsets.length < Number(count)) {
  const together = await Promise.all(Array.from({ length: atOnce }, appended));
  offsets.push(...together.sort((one, other) => one - other));
}
console.log(JSON.stringify(offsets));
await store.close();
process.stdin.destroy();

async function appended(): Promise<number> {
  const [outcome] = await store.append([sampleDraft(channel)]);
  if (outcome === undefined || outcome.status === 'failed') throw outcome?.error;
  return outcome.envelope.offset;
}
