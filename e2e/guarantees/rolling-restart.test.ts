import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Balancer, openBalancer } from '../harness/balancer.js';
import { eventually } from '../harness/eventually.js';
import type { NodeProcess } from '../harness/node-process.js';
import { Traffic } from '../harness/traffic.js';
import { startNodes } from '../harness/two-nodes.js';
import { amplyPerSecond } from './harness/load.js';
import { perSecond } from './harness/load-summary.js';
import { redisFor } from './harness/own-redis.js';
import { lightMix, membersOf, nthNotification } from './harness/population.js';
import { RemoteCrowd } from './harness/remote-crowd.js';

const graceMs = 1_000;
const windowMs = 4_000;

interface Restart {
  readonly node: string;
  /** When its streams began to be closed. */
  readonly closingAt: number;
  /** When each of its streams was back elsewhere. */
  readonly times: readonly number[];
  /** What its server answered to `/` from the signal on, until it was closed. */
  readonly statuses: readonly number[];
  /** When it gave no answer any more. */
  readonly silentAt: number;
}

test('G2 G3 G11 three nodes restarted one after another: none lost, none twice, no stampede, other routes answer', async () => {
  const population = { run: randomUUID().slice(0, 8), users: 300 };
  const { redis } = await redisFor();
  const { nodes, stop } = await startNodes(['node-a', 'node-b', 'node-c'], {
    BROKER: 'redis',
    STORE: 'redis',
    REDIS_URL: redis.url,
    DRAIN_GRACE_MS: `${graceMs}`,
    DRAIN_WINDOW_MS: `${windowMs}`,
  });
  onTestFinished(stop);
  const balancer = await openBalancer(nodes.map(({ base }) => base));
  onTestFinished(balancer.close);
  const crowd = new RemoteCrowd();
  onTestFinished(() => crowd.leave());
  const door = { name: 'the balancer', base: balancer.base };
  await crowd.connect({ members: membersOf(population), nodes: [door, door], second: 'SSE' });
  const traffic = new Traffic({
    nodes,
    publishers: 128,
    perSecond: amplyPerSecond,
    nth: (n) => nthNotification(population, n, lightMix),
  });
  onTestFinished(() => void traffic.stop().catch(() => undefined));

  const begun = Date.now();
  const restarts: Restart[] = [];
  for (const node of nodes) restarts.push(await restart(node, balancer, crowd));
  const accepted = await traffic.stop();
  const tookMs = Date.now() - begun;
  const visible = nodes.map(({ name, base }) => ({ name, base }));
  await crowd.expectDelivery({ accepted, nodes: visible });
  const tally = await crowd.tally();
  console.log(
    [
      `rolling restart: ${accepted.length} accepted in ${(tookMs / 1_000).toFixed(1)} s (${perSecond(accepted.length, tookMs)}), ${tally.received} delivered to ${tally.clients} clients, ${tally.reconnects} reconnects`,
      ...restarts.map(
        (each) =>
          `  ${each.node}: ${each.times.length} streams, back in each second ${secondsOf(each).join(' ')}, in the busiest ${busiestSecond(each)} (mean over the window ${meanOf(each)}), ${each.statuses.length} answers to / meanwhile`,
      ),
    ].join('\n'),
  );
  const moved = restarts.reduce((sum, { times }) => sum + times.length, 0);
  expect(tally).toMatchObject({ clients: 600, unrecovered: 0, repeats: 0, reconnects: moved });
  for (const each of restarts) {
    expect(each.times.length).toBeGreaterThan(100);
    expect(busiestSecond(each)).toBeLessThanOrEqual(2 * meanOf(each));
    expect(new Set(each.statuses)).toEqual(new Set([200]));
    // Streams are closed for so long at least, in steps of 50 ms, and the server after that.
    expect(each.silentAt).toBeGreaterThan(each.closingAt + windowMs - 100);
  }
}, 180_000);

/** As a deploy does it: SIGTERM, and once it has ended a new process, until the balancer sends there again. */
async function restart(
  node: NodeProcess,
  balancer: Balancer,
  crowd: RemoteCrowd,
): Promise<Restart> {
  const before = await crowd.returns();
  const closingAt = Date.now() + graceMs;
  const ended = node.terminate();
  const seen = await watchHost(node.base);
  await ended;
  await node.restart();
  await eventually('the balancer sends there again', () => balancer.isReady(node.base));
  let { times, toldToGo } = before;
  await eventually('who was told to go is back', async () => {
    ({ times, toldToGo } = await crowd.returns());
    return toldToGo > before.toldToGo && times.length >= toldToGo;
  });
  // Each of them was told to go, so nobody's connection just broke.
  expect(times.length).toBe(toldToGo);
  return { node: node.name, closingAt, times: times.slice(before.times.length), ...seen };
}

/** Asks for a page of the host until its server is closed. */
async function watchHost(base: string): Promise<Pick<Restart, 'statuses' | 'silentAt'>> {
  const statuses: number[] = [];
  for (;;) {
    try {
      const answer = await fetch(base);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    } catch {
      return { statuses, silentAt: Date.now() };
    }
    await delay(50);
  }
}

/** How many came back in each second since the closes began. */
function secondsOf({ closingAt, times }: Restart): number[] {
  const counts: number[] = [];
  for (const time of times) {
    const second = Math.max(0, Math.floor((time - closingAt) / 1_000));
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return Array.from(counts, (count = 0) => count);
}

/** The most that came back within any second, wherever it begins: a stampede hides in no boundary. */
function busiestSecond({ times }: Restart): number {
  let from = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while ((times[from] ?? time) <= time - 1_000) from += 1;
    most = Math.max(most, index + 1 - from);
  }
  return most;
}

function meanOf({ times }: Restart): number {
  return times.length / (windowMs / 1_000);
}
