import { setTimeout as sleep } from 'node:timers/promises';
import { settings } from '../settings.js';
import type { Bench } from './bench.js';

const forgottenMs = 1_000;

/** All clients come at once. */
export const connect: Bench = {
  name: 'connect',
  title: 'server CPU per handshake, a JWT verified in each; time to the open stream',
  connections: 10_000,
  rounds: 3,
  settings: { inFlight: settings.IN_FLIGHT },
  async measure(pair, connections) {
    await pair.open(Math.ceil(connections / 10));
    await pair.close();
    await sleep(forgottenMs);
    let latency = { p50: Number.NaN, p99: Number.NaN };
    const cpu = await pair.cpuOf(async () => {
      latency = await pair.open(connections);
    });
    return { 'us/handshake': cpu / connections, 'p50 ms': latency.p50, 'p99 ms': latency.p99 };
  },
};
