import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expectedNodes, loadOf } from '../bench/sim/load.js';
import { readMeasured } from '../bench/sim/measured.js';
import { placeAtRandom } from '../bench/sim/placement.js';
import { type Routing, routings, type Scenario, usualScenario } from '../bench/sim/scenario.js';
import { withFigures } from './scaling-figures.js';

const simple: Scenario = {
  nodes: 10,
  online: 1_000,
  streamsPerUser: 1,
  perSecond: 100,
  onlineShare: 0.5,
  broadcastsPerSecond: 0,
  checkSeconds: 10,
  beaconSeconds: 5,
};

/** Of the simple scenario, without what floating point adds. */
function figures(routing: Routing): Record<string, number> {
  const load = Object.entries(loadOf(routing, simple));
  return Object.fromEntries(load.map(([name, value]) => [name, Number(value.toFixed(6))]));
}

test('docs/scaling.md has the figures of the simulation', () => {
  const page = readFileSync(new URL('../docs/scaling.md', import.meta.url), 'utf8');
  expect(page, 'run: npm run docs:scaling').toBe(withFigures(page));
});

test('with one stream each: a node of ten receives all, a tenth of what finds somebody, or that less its own', () => {
  // 100 a second, 50 of them to somebody; each node publishes a tenth of everything.
  expect(figures('fanout')).toMatchObject({ received: 100, unwanted: 95, brokerIn: 102 });
  expect(figures('interest')).toMatchObject({ received: 5, unwanted: 0, brokerIn: 102 });
  expect(figures('directed')).toMatchObject({ received: 4.5, unwanted: 0, brokerIn: 47 });
  expect(figures('directed').lookups).toBe(100);
  for (const routing of routings) {
    expect(figures(routing)).toMatchObject({ written: 5, appends: 100, beacons: 2 });
  }
});

test('what everybody is sent reaches every node by every routing', () => {
  const toAll = { ...simple, perSecond: 0, broadcastsPerSecond: 3 };
  for (const routing of routings) {
    expect(loadOf(routing, toAll)).toMatchObject({ received: 3, written: 300, brokerOut: 50 });
  }
});

test('beacons grow with the square of the nodes', () => {
  const out = (nodes: number): number =>
    loadOf('interest', { ...simple, nodes, perSecond: 0 }).brokerOut;
  expect([out(10), out(100), out(1_000)]).toEqual([20, 2_000, 200_000]);
});

test('streams put to nodes at random come to the expected number of nodes', () => {
  expect(expectedNodes(1, 3)).toBe(1);
  expect(expectedNodes(2, 2)).toBe(1.5);
  expect(expectedNodes(1_000_000, 2)).toBeCloseTo(2, 5);
  for (const [nodes, streams] of [
    [2, 1],
    [4, 1.2],
    [10, 2],
    [100, 3.5],
  ] as const) {
    const drawn = placeAtRandom(nodes, 20_000, streams, 7).nodesPerUser;
    expect(drawn / expectedNodes(nodes, streams)).toBeCloseTo(1, 1.7);
  }
});

test('the fullest of a few nodes has little more than its share', () => {
  expect(placeAtRandom(10, 100_000, 1.2, 7).fullest).toBeLessThan(1.05);
  const { online, streamsPerUser } = usualScenario(100, 100_000);
  expect(placeAtRandom(100, online, streamsPerUser, 7).fullest).toBeLessThan(1.15);
});

test.each(readMeasured().points)(
  'measured: $routing with $nodes nodes to $to: each node received what the simulation says',
  ({ routing, nodes, to, received, redisCalls }) => {
    const { received: expected } = loadOf(routing, {
      ...{ ...simple, nodes },
      perSecond: to === 'all' ? 0 : 1,
      onlineShare: to === 'online users' ? 1 : 0,
      broadcastsPerSecond: to === 'all' ? 1 : 0,
    });
    const [publisher = 0, ...others] = received;
    // What the publisher has of its users' notifications it does not send to itself.
    const toOne = routing === 'directed' && to === 'online users';
    const each = toOne ? [received.reduce((sum, one) => sum + one, 0) / nodes] : received;
    for (const one of each) expect(Math.abs(one - expected)).toBeLessThan(0.02);
    if (toOne)
      expect([publisher, ...others.map((one) => Math.round(one * nodes))]).toEqual([
        0,
        ...others.map(() => 1),
      ]);
    const sent = {
      fanout: 0,
      interest: 1,
      directed: { all: 1, 'online users': 1 - 1 / nodes, 'offline users': 0 }[to],
    };
    expect(Math.abs((redisCalls.publish ?? 0) - sent[routing])).toBeLessThan(0.05);
    // An append each; of the directory a call for each part that a batch asks, and now and then a lease.
    const { evalsha = 0 } = redisCalls;
    const most = { fanout: 1.05, interest: 1.05, directed: to === 'all' ? 1.2 : 2 }[routing];
    expect(evalsha).toBeGreaterThan(0.95);
    expect(evalsha).toBeLessThan(most);
  },
);
