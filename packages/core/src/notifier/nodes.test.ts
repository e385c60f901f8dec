import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryBroker } from '../memory/memory-broker.js';
import { MemoryBus } from '../memory/memory-bus.js';
import { memoryStore } from '../memory/memory-store.js';
import type { Broker, BrokerSink } from '../ports/broker.js';
import { attached, SharedStore, testNotifier } from '../test-doubles/notifier-parts.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const positionCheckMs = 10_000;

/** Several nodes of one cluster, in this process. */
async function cluster(
  size: number,
  brokerOn: (bus: MemoryBus) => Broker = (bus) => memoryBroker({ bus }),
) {
  const bus = new MemoryBus();
  const store = new SharedStore(memoryStore(), true);
  const nodes = Array.from({ length: size }, () => {
    const { notifier } = testNotifier({ store, broker: brokerOn(bus), positionCheckMs });
    return notifier;
  });
  await Promise.all(nodes.map((node) => node.start()));
  const node = (index: number) => {
    const found = nodes[index % size];
    if (found === undefined) throw new Error('there is no node');
    return found;
  };
  const attach = async (index: number, fields: Parameters<typeof attached>[1] = {}) => {
    const outlet = new RecordingOutlet();
    const [stream] = await Promise.all([attached(node(index), fields, outlet), settle()]);
    return stream;
  };
  const notify = (index: number, group: string, n: number) =>
    node(index).notify({ to: { group }, type: 'message', data: { n } });
  return { node, nodes, store, attach, notify };
}

test('G1 clients on all nodes get what any node publishes, in one order, once', async () => {
  const { nodes, attach, notify } = await cluster(3);
  const streams = await Promise.all([0, 1, 2].map((index) => attach(index, { groups: ['g'] })));
  const sent = Array.from({ length: 60 }, (_, n) => notify(n, 'g', n));
  await settle();
  const results = await Promise.all(sent);
  expect(results.every(({ published }) => published)).toBe(true);
  const [first, ...others] = streams.map(({ outlet }) =>
    outlet.writes.flatMap(({ lines }) => lines),
  );
  expect(streams[0]?.outlet.offsets('group:g')).toEqual(
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  for (const other of others) expect(other).toEqual(first);
  await Promise.all(nodes.map((each) => each.close()));
});

test('G3 a client resumes on another node after its own died, without loss or repeat', async () => {
  const { node, attach, notify } = await cluster(2);
  const before = await attach(0, { groups: ['g'] });
  await Promise.all([notify(0, 'g', 1), notify(1, 'g', 2), settle()]);
  const cursor = before.outlet.writes.at(-1)?.cursor ?? '';
  expect(before.outlet.offsets('group:g')).toEqual([1, 2]);
  await node(0).close();
  await Promise.all([notify(1, 'g', 3), notify(1, 'g', 4), settle()]);
  const after = await attach(1, { groups: ['g'], cursor });
  await Promise.all([notify(1, 'g', 5), settle()]);
  expect(after.outlet.readies.map(({ ready }) => ready.recovered)).toEqual([true]);
  expect(after.outlet.offsets('group:g')).toEqual([3, 4, 5]);
});

test('users of other channels get nothing', async () => {
  const { attach, notify } = await cluster(2);
  const stranger = await attach(1, { userId: '2', groups: ['other'] });
  await Promise.all([notify(0, 'g', 1), settle()]);
  expect(stranger.outlet.writes).toEqual([]);
});

test('G4 lost wake-ups are found by the position check, without disconnecting anybody', async () => {
  const deaf = (bus: MemoryBus): Broker => {
    const broker = memoryBroker({ bus });
    broker.publish = async () => {};
    return broker;
  };
  const { attach, notify } = await cluster(2, deaf);
  const far = await attach(1, { groups: ['g'] });
  const near = await attach(0, { groups: ['g'] });
  await Promise.all([notify(0, 'g', 1), notify(0, 'g', 2), settle()]);
  expect(near.outlet.offsets('group:g')).toEqual([1, 2]);
  expect(far.outlet.offsets('group:g')).toEqual([]);
  await settle(positionCheckMs);
  expect(far.outlet.offsets('group:g')).toEqual([1, 2]);
  expect(far.outlet.said.map(({ kind }) => kind)).toEqual(['ready', 'write']);
});

test('G7 an ephemeral notification reaches who is connected, on every node, and nobody later', async () => {
  const { node, attach } = await cluster(2);
  const [near, far] = await Promise.all([attach(0), attach(1)]);
  const to = { user: '1' };
  const request = { to, type: 'message', data: { n: 1 }, durable: false } as const;
  await Promise.all([node(0).notify(request), settle()]);
  for (const { outlet } of [near, far]) expect(outlet.writes).toHaveLength(1);
  const later = await attach(1, { cursor: near.outlet.readies[0]?.cursor ?? '' });
  await settle();
  expect(later.outlet.writes).toEqual([]);
});

test('G7 an ephemeral notification is shown once though the broker echoes and repeats it', async () => {
  const echoing = (bus: MemoryBus): Broker => {
    const broker = memoryBroker({ bus });
    const [start, publish] = [broker.start.bind(broker), broker.publish.bind(broker)];
    let receive: BrokerSink['receive'] = () => {};
    broker.start = (sink) => {
      receive = (envelopes) => sink.receive(envelopes);
      return start(sink);
    };
    broker.publish = async (envelopes) => {
      await publish(envelopes);
      await publish(envelopes);
      receive(envelopes);
    };
    return broker;
  };
  const { node, attach } = await cluster(2, echoing);
  const streams = await Promise.all([attach(0), attach(1)]);
  const request = { to: { user: '1' }, type: 'message', data: { n: 1 }, durable: false } as const;
  await Promise.all([node(0).notify(request), settle()]);
  for (const { outlet } of streams) {
    expect(outlet.writes.flatMap(({ lines }) => lines)).toEqual(['user:1 null {"n":1}']);
  }
});

type Step =
  | { readonly kind: 'notify'; readonly node: number; readonly group: string }
  | { readonly kind: 'move'; readonly node: number }
  | { readonly kind: 'wait' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('notify' as const),
      node: fc.nat(2),
      group: fc.constantFrom('a', 'b'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), node: fc.nat(2) }) },
  fc.record({ kind: fc.constant('wait' as const) }),
);

test('G2 G3 a client that keeps moving between nodes misses nothing and sees nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { nodes, attach, notify, store } = await cluster(3);
      const groups = ['a', 'b'];
      let stream = await attach(0, { groups });
      const seen: Record<string, number[]> = { a: [], b: [] };
      let cursor = stream.outlet.readies[0]?.cursor ?? '';
      const leave = (): void => {
        stream.emitter.gone();
        for (const group of groups) seen[group]?.push(...stream.outlet.offsets(`group:${group}`));
        cursor = stream.outlet.writes.at(-1)?.cursor ?? cursor;
      };
      for (const [n, each] of steps.entries()) {
        if (each.kind === 'notify')
          await Promise.all([notify(each.node, each.group, n), settle(1)]);
        else if (each.kind === 'wait') await settle(30);
        else {
          leave();
          stream = await attach(each.node, { groups, cursor });
          expect(stream.outlet.readies.every(({ ready }) => ready.recovered)).toBe(true);
        }
      }
      await settle();
      leave();
      const heads = await store.positions(groups.map((group) => `group:${group}`));
      heads.forEach(({ offset }, index) => {
        const offsets = Array.from({ length: offset }, (_, i) => i + 1);
        expect(seen[groups[index] ?? '']).toEqual(offsets);
      });
      await Promise.all(nodes.map((each) => each.close()));
    }),
    { numRuns: 100 },
  );
});
