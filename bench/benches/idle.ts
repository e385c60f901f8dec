import { setTimeout as sleep } from 'node:timers/promises';
import { settings } from '../settings.js';
import type { Bench } from './bench.js';

/** Ours keeps the channels of who has left for a moment. */
const forgottenMs = 1_000;

/** What an open stream costs while nothing is sent. */
export const idle: Bench = {
  name: 'idle',
  title: 'memory of the server per idle connection, after a forced collection',
  connections: 10_000,
  rounds: 3,
  settings: { inFlight: settings.IN_FLIGHT },
  async measure(pair, connections) {
    // So that compiled code and pools are not counted as the connections'.
    await pair.open(Math.ceil(connections / 50));
    await pair.close();
    await sleep(forgottenMs);
    const before = await pair.memory();
    await pair.open(connections);
    const after = await pair.memory();
    const each = (from: number, to: number): number => (to - from) / connections;
    return {
      'RSS bytes': each(before.rss, after.rss),
      'heap bytes': each(before.heap, after.heap),
      'external bytes': each(before.external, after.external),
    };
  },
};
