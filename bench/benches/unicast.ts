import { settings } from '../settings.js';
import type { Bench } from './bench.js';

const perTick = 50;
/** 2,000 messages a second, for the latency. */
const everyMs = 5;
const steady = { ticks: Math.ceil(settings.STEADY_MS / everyMs), perTick: 10, everyMs };

/** Each message to one of many users. */
export const unicast: Bench = {
  name: 'unicast',
  title: 'server CPU per message to one user among all; latency at a steady rate',
  connections: 10_000,
  rounds: 3,
  settings: {
    messages: settings.TICKS * perTick,
    steadyPerSecond: (steady.perTick * 1_000) / everyMs,
  },
  async measure(pair, users) {
    await pair.open(users);
    const messages = settings.TICKS * perTick;
    const run = (count: number): Promise<void> =>
      pair.send({ do: 'unicast', users, ticks: messages / count, perTick: count }, messages);
    const perMessage = async (count: number): Promise<number> => {
      await run(count);
      return (await pair.cpuOf(() => run(count))) / messages;
    };
    const single = await perMessage(1);
    const many = await perMessage(perTick);
    const { p50, p99 } = await pair.latencyOf(
      { do: 'unicast', users, ...steady },
      steady.ticks * steady.perTick,
    );
    await pair.settle();
    return {
      'us/message, 1 per tick': single,
      [`us/message, ${perTick} per tick`]: many,
      'p50 ms': p50,
      'p99 ms': p99,
    };
  },
};
