// Run by exit.integration.test.ts: must end by itself, since nothing is left open after `close`.
import { redisBroker } from '../../src/index.js';

const [, , url = '', channel = ''] = process.argv;
const states: string[] = [];
const broker = redisBroker({ url, probeEveryMs: 3_600_000, maxReconnectDelayMs: 3_600_000 });
await broker.start({
  receive: () => {},
  resync: () => {},
  status: ({ state }) => {
    states.push(state);
  },
});
await broker.subscribe([channel]).catch(() => undefined);
await broker.close();
console.log(states.join(' '));
