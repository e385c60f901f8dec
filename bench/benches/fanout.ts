import { settings } from '../settings.js';
import type { Bench } from './bench.js';

/** Broadcasts at a fixed rate, for the latency: 20 a second. */
const everyMs = 50;
const steady = { count: Math.ceil(settings.STEADY_MS / everyMs), everyMs };
/**
 * Hot code is compared: the first hundred or so sends are several times dearer, and a burst's one write for
 * many messages is code of its own.
 */
const warmUp = { messages: 100, ticks: 30 };

/** One message to all clients. */
export const fanout: Bench = {
  name: 'fanout',
  title: 'server CPU per delivery of a broadcast; latency at a steady rate',
  connections: 1_000,
  rounds: 5,
  settings: {
    ticks: settings.TICKS,
    burst: settings.BURST,
    bursts: settings.BURSTS,
    steadyPerSecond: 1_000 / everyMs,
  },
  async measure(pair, connections) {
    await pair.open(connections);
    const run = async (count: number, ticks: number): Promise<number> => {
      for (let tick = 0; tick < ticks; tick += 1) {
        await pair.send({ do: 'broadcast', count }, count * connections);
      }
      return count * ticks * connections;
    };
    const perDelivery = async (count: number, ticks: number): Promise<number> => {
      await run(count, Math.max(warmUp.ticks, Math.ceil(warmUp.messages / count)));
      return (await pair.cpuOf(() => run(count, ticks))) / (count * ticks * connections);
    };
    const single = await perDelivery(1, settings.TICKS);
    const burst = await perDelivery(settings.BURST, settings.BURSTS);
    const { p50, p99 } = await pair.latencyOf(
      { do: 'broadcastSteadily', ...steady },
      steady.count * connections,
    );
    await pair.settle();
    return {
      'us/delivery, 1 per tick': single,
      [`us/delivery, ${settings.BURST} per tick`]: burst,
      'p50 ms': p50,
      'p99 ms': p99,
    };
  },
};
