import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchRedis } from '../processes/bench-redis.js';
import { Child } from '../processes/child.js';
import type { Routing } from '../sim/scenario.js';
import { doneAnswer, type NodeCommand, type NodeFigures, nodeFigures } from './commands.js';
import { RedisCosts, type RedisFigures } from './redis-costs.js';

/** Whom the notifications of a measurement are for. */
export type Audience = 'online users' | 'offline users' | 'all';

/** One measurement with several nodes, of which the first publishes; for each notification. */
export interface Point {
  readonly routing: Routing;
  readonly nodes: number;
  readonly to: Audience;
  readonly notifications: number;
  /** Envelopes that each node received over the broker. */
  readonly received: readonly number[];
  /** Microseconds of CPU of each node. */
  readonly nodeCpu: readonly number[];
  /** Microseconds of CPU of Redis, which is the store and, but for `fanout`, also the broker. */
  readonly redisCpu: number;
  /** Calls of Redis by command, those of a hundredth or more. */
  readonly redisCalls: Readonly<Record<string, number>>;
}

/** What the position check costs, for each channel that is compared. */
export interface CheckCosts {
  readonly nodeCpu: number;
  readonly redisCpu: number;
}

const usersPerNode = 300;
/** The default: a lost wake-up would otherwise never be mended. */
const usualCheckMs = 10_000;
const patienceMs = 60_000;

/** Some nodes on a Redis of their own. */
class Cluster {
  readonly #nodes: readonly Child<NodeCommand>[];
  readonly #redis: BenchRedis;
  readonly #costs: RedisCosts;

  private constructor(nodes: readonly Child<NodeCommand>[], redis: BenchRedis) {
    this.#nodes = nodes;
    this.#redis = redis;
    this.#costs = new RedisCosts(redis.url);
  }

  /** @param kafka - addresses, for `fanout` */
  static async start(
    count: number,
    checkMs: number,
    routing: Routing,
    kafka: string | undefined,
  ): Promise<Cluster> {
    const redis = await BenchRedis.start();
    const more = [routing, ...(kafka === undefined ? [] : [kafka, `scaling-${randomUUID()}`])];
    const nodes: Child<NodeCommand>[] = [];
    for (let n = 0; n < count; n += 1) {
      const args = [`node-${n}`, redis.url, `${checkMs}`, ...more];
      const node = new Child<NodeCommand>('scaling/node.ts', args, n % availableParallelism());
      nodes.push(node);
      await node.started(doneAnswer);
    }
    for (const [n, node] of nodes.entries()) {
      await node.ask({ do: 'attach', users: usersOf(n) }, doneAnswer);
    }
    return new Cluster(nodes, redis);
  }

  /** Sends so many and waits until all were written; rejects where more were. */
  async send(to: Audience, count: number): Promise<void> {
    const before = await this.nodes();
    const users =
      to === 'all' ? [] : to === 'offline users' ? usersOf(-1) : interleaved(this.#nodes.length);
    await this.#nodes[0]?.ask({ do: 'publish', count, users }, doneAnswer);
    const perNotification =
      to === 'all' ? this.#nodes.length * usersPerNode : to === 'offline users' ? 0 : 1;
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const now = await this.nodes();
      const delivered = sum(now, 'delivered') - sum(before, 'delivered');
      if (delivered > count * perNotification) throw new Error('more was written than was sent');
      if (delivered === count * perNotification) break;
      if (performance.now() > deadline) {
        throw new Error(`${delivered} of ${count * perNotification} were written`);
      }
      await sleep(100);
    }
    // What nobody follows may be under way still.
    await sleep(500);
  }

  nodes(): Promise<readonly NodeFigures[]> {
    return Promise.all(this.#nodes.map((node) => node.ask({ do: 'figures' }, nodeFigures)));
  }

  redis(): Promise<RedisFigures> {
    return this.#costs.look();
  }

  async stop(): Promise<void> {
    this.#costs.close();
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await this.#redis.stop();
  }
}

/** Measures so many nodes, joined by Redis or, for `fanout`, by the Kafka whose addresses are given. */
export async function measurePoints(
  nodes: number,
  routing: Routing,
  kafka?: string,
): Promise<readonly Point[]> {
  const cluster = await Cluster.start(nodes, usualCheckMs, routing, kafka);
  try {
    const points: Point[] = [];
    for (const [to, count] of [
      ['online users', 6_000],
      ['offline users', 6_000],
      ['all', 200],
    ] as const) {
      await cluster.send(to, Math.ceil(count / 4));
      const [before, redisBefore] = [await cluster.nodes(), await cluster.redis()];
      await cluster.send(to, count);
      const [after, redisAfter] = [await cluster.nodes(), await cluster.redis()];
      const each = (name: keyof NodeFigures): number[] =>
        after.map((figures, n) => (figures[name] - (before[n]?.[name] ?? 0)) / count);
      points.push({
        routing,
        nodes,
        to,
        notifications: count,
        received: each('received'),
        nodeCpu: each('cpu'),
        redisCpu: (redisAfter.cpu - redisBefore.cpu) / count,
        redisCalls: callsBetween(redisBefore, redisAfter, count),
      });
    }
    return points;
  } finally {
    await cluster.stop();
  }
}

const checkMs = 500;
/** A check comes after half of its period to the whole of it. */
const meanCheckMs = checkMs * 0.75;
const watchedMs = 6_000;

/** Two nodes at which nothing happens but the position check. */
export async function measureChecks(): Promise<CheckCosts> {
  const cluster = await Cluster.start(2, checkMs, 'interest', undefined);
  try {
    const [before, redisBefore] = [await cluster.nodes(), await cluster.redis()];
    const begun = performance.now();
    await sleep(watchedMs);
    const [after, redisAfter] = [await cluster.nodes(), await cluster.redis()];
    const positions = ((performance.now() - begun) / meanCheckMs) * 2 * usersPerNode;
    return {
      nodeCpu: (sum(after, 'cpu') - sum(before, 'cpu')) / positions,
      redisCpu: (redisAfter.cpu - redisBefore.cpu) / positions,
    };
  } finally {
    await cluster.stop();
  }
}

/** The users with a stream at a node; -1: nobody has. */
function usersOf(node: number): string[] {
  return Array.from({ length: usersPerNode }, (_, n) => `${node}-${n}`);
}

/** The nodes have their turns. */
function interleaved(nodes: number): string[] {
  return Array.from({ length: nodes * usersPerNode }, (_, n) => {
    return `${n % nodes}-${Math.floor(n / nodes)}`;
  });
}

function callsBetween(
  before: RedisFigures,
  after: RedisFigures,
  count: number,
): Record<string, number> {
  const each = [...after.calls].map(
    ([name, calls]) => [name, (calls - (before.calls.get(name) ?? 0)) / count] as const,
  );
  return Object.fromEntries(each.filter(([, calls]) => calls >= 0.01).sort());
}

function sum(figures: readonly NodeFigures[], name: keyof NodeFigures): number {
  return figures.reduce((total, each) => total + each[name], 0);
}
