import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { Connections, type Place } from './connections.js';
import { LimitCounters } from './counters.js';

const roomy = {
  maxConnections: 1_000,
  maxConnectionsPerIp: 1_000,
  maxConnectsPerSecond: 1_000_000,
  maxConnectsPerSecondPerIp: 1_000_000,
};

test('places are taken and given back as a count says, for each address and for all', () => {
  const bounds = fc.record({
    maxConnections: fc.integer({ min: 1, max: 8 }),
    maxConnectionsPerIp: fc.integer({ min: 1, max: 4 }),
  });
  const step = fc.oneof(
    fc.record({
      enter: fc.constantFrom('192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2', '2001:db8::1'),
    }),
    fc.record({ leave: fc.nat() }),
  );
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 60 }), (limits, steps) => {
      const counters = new LimitCounters();
      const connections = new Connections({ ...roomy, ...limits }, counters);
      const held: Place[] = [];
      let refused = 0;
      for (const each of steps) {
        if ('leave' in each) {
          const [left] = held.splice(each.leave % Math.max(1, held.length), 1);
          if (left !== undefined) connections.leave(left);
        } else {
          const network = each.enter.replace('::ffff:', '').replace('db8::1', 'db8:0:0::/64');
          const ofNetwork = held.filter((place) => place.network === network).length;
          const isFull = held.length >= limits.maxConnections;
          if (isFull || ofNetwork >= limits.maxConnectionsPerIp) {
            const code = isFull ? 'OVERLOADED' : 'LIMIT_EXCEEDED';
            const refusal = expect.objectContaining({ code, returnMs: expect.any(Number) });
            expect(() => connections.enter(each.enter)).toThrow(refusal);
            refused += 1;
          } else {
            held.push(connections.enter(each.enter));
          }
        }
        expect(connections.size).toBe(held.length);
      }
      const { connectionsPerNode, connectionsPerIp } = counters.snapshot();
      expect(connectionsPerNode + connectionsPerIp).toBe(refused);
      for (const place of held) connections.leave(place);
      expect(connections.size).toBe(0);
    }),
  );
});

test.each([
  ['connectRate', { maxConnectsPerSecond: 1 }],
  ['connectRatePerIp', { maxConnectsPerSecondPerIp: 1 }],
] as const)(
  '%s: five seconds may come at once, then it is told when to come back',
  (limit, bounds) => {
    const counters = new LimitCounters();
    const connections = new Connections({ ...roomy, ...bounds }, counters);
    for (let n = 0; n < 5; n += 1) connections.enter('192.0.2.1');
    const refusal = expect.objectContaining({ code: 'OVERLOADED', returnMs: expect.any(Number) });
    expect(() => {
      for (let n = 0; n < 5; n += 1) connections.enter('192.0.2.1');
    }).toThrow(refusal);
    expect(counters.snapshot()[limit]).toBe(1);
    if (limit === 'connectRatePerIp') connections.enter('192.0.2.2');
    else expect(() => connections.enter('192.0.2.2')).toThrow(refusal);
  },
);

test('an address that was turned away for its haste takes nothing of what others may', () => {
  const counters = new LimitCounters();
  const bounds = { ...roomy, maxConnectsPerSecond: 2, maxConnectsPerSecondPerIp: 1 };
  const connections = new Connections(bounds, counters);
  for (let n = 0; n < 100; n += 1) {
    try {
      connections.enter('192.0.2.1');
    } catch {
      // Expected of all but the first.
    }
  }
  expect(counters.snapshot().connectRate).toBe(0);
  connections.enter('192.0.2.2');
});

test('clients that are turned away come back at different times', () => {
  const connections = new Connections({ ...roomy, maxConnections: 1 }, new LimitCounters());
  connections.enter('192.0.2.1');
  const told = new Set<unknown>();
  for (let n = 0; n < 20; n += 1) {
    try {
      connections.enter('192.0.2.1');
    } catch (error) {
      told.add(NotifyError.is(error) && error.returnMs);
    }
  }
  expect(told.size).toBeGreaterThan(1);
});

test('of very many addresses those that came first are forgotten', () => {
  const bounds = { ...roomy, maxConnections: 20_000, maxConnectsPerSecondPerIp: 1 };
  const connections = new Connections(bounds, new LimitCounters());
  const first = '192.0.2.1';
  for (let n = 0; n < 5; n += 1) connections.enter(first);
  expect(() => connections.enter(first)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  for (let n = 0; n < 10_000; n += 1) connections.enter(`10.0.${n >> 8}.${n & 0xff}`);
  expect(() => {
    for (let n = 0; n < 5; n += 1) connections.enter(first);
  }).not.toThrow();
});
