import { settings } from '../settings.js';
import type { Bench, Figures } from './bench.js';

const warmUps = 3;

/** One `notify` to many users, some of them connected. */
export const audience: Bench = {
  name: 'audience',
  title: 'delay of the event loop, and time, of one notify to many users',
  connections: 1_000,
  rounds: 3,
  variants: ['ours-ws', 'ours-redis'],
  settings: { users: settings.USERS, times: settings.TIMES },
  async measure(pair, connections) {
    await pair.open(Math.min(connections, settings.USERS));
    const run = (times: number, keyed: boolean): Promise<void> =>
      pair.send(
        { do: 'audience', users: settings.USERS, times, keyed },
        times * Math.min(connections, settings.USERS),
      );
    const figures: Record<string, number> = {};
    for (const [name, keyed] of [
      ['', false],
      [', keyed', true],
    ] as const) {
      await run(warmUps, keyed);
      const started = performance.now();
      const { p50, p99, max, cpuP99, cpuMax } = await pair.loopDelaysOf(() =>
        run(settings.TIMES, keyed),
      );
      figures[`ms/notify${name}`] = (performance.now() - started) / settings.TIMES;
      figures[`loop p50 ms${name}`] = p50;
      figures[`loop p99 ms${name}`] = p99;
      figures[`loop max ms${name}`] = max;
      figures[`loop CPU p99 ms${name}`] = cpuP99;
      figures[`loop CPU max ms${name}`] = cpuMax;
    }
    await pair.settle();
    return figures satisfies Figures;
  },
};
