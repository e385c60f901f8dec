// Run by exit.integration.test.ts: must end by itself, since nothing is left open after `close`.
import { redisBroker } from '../../src/index.js';

const [, , address = '', channel = ''] = process.argv;
const states: string[] = [];
const patient = { probeEveryMs: 3_600_000, maxReconnectDelayMs: 3_600_000 };
const broker = redisBroker({ ...patient, ...JSON.parse(address) });
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
