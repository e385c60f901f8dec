import { expect } from 'vitest';
import { eventually } from '../eventually.js';
import { freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme, TestNode } from './broker-harness.js';

const unavailable = { code: 'BROKER_UNAVAILABLE' };

export function outageTheme({ book, bench }: BrokerTheme): void {
  const { remote } = bench.capabilities;

  book.capability('B4', remote, {
    present: async () => {
      const channels = Array.from({ length: 5 }, () => freshChannel());
      const nodes = await bench.nodes(2, channels);
      await bench.remote.interrupt();
      for (const { sink } of nodes) {
        await eventually(() => expect(sink.calls).toContain('resync'));
        await eventually(() => expect(sink.states.at(-1)).toEqual({ state: 'up' }));
        expectStateChangesOnly(sink.states.map(({ state }) => state));
      }
      const [publisher, follower] = nodes;
      const sent = channels.map((channel) => sampleEnvelope(channel));
      await publisher.broker.publish(sent);
      for (const { channel, id } of sent) {
        await eventually(() => expect(follower?.sink.idsOf(channel)).toEqual([id]));
      }
    },
    absent: async () => {
      const channel = freshChannel();
      const [publisher, follower] = await bench.nodes(2, [channel]);
      await publisher.broker.publish([sampleEnvelope(channel)]);
      for (const node of [publisher, follower]) expect(node?.sink.calls).toEqual(['up']);
    },
  });

  book.capability('B5', remote, {
    present: async () => {
      const { broker, sink } = await bench.unreachable();
      await eventually(() => expect(sink.states).toHaveLength(1));
      expect(sink.states[0]).toMatchObject({ state: 'down', error: unavailable });
      const channel = freshChannel();
      const calls = Array.from({ length: 500 }, () => broker.publish([sampleEnvelope(channel)]));
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
      }
      await expect(broker.subscribe([channel])).rejects.toMatchObject(unavailable);
      await expect(broker.probe()).rejects.toMatchObject(unavailable);
      expect(sink.states).toHaveLength(1);
    },
    absent: async () => {
      const { broker } = await bench.node();
      await Promise.all(
        Array.from({ length: 500 }, () => broker.publish([sampleEnvelope(freshChannel())])),
      );
      await broker.probe();
    },
  });

  book.clause('B5', 'the probe makes the round trip while the link is up', async () => {
    const { broker } = await bench.node();
    await Promise.all([broker.probe(), broker.probe()]);
  });

  book.capability('B6', remote, {
    present: async () => {
      const channel = freshChannel();
      const [publisher, follower] = await bench.nodes(2, [channel]);
      const { id } = sampleEnvelope(channel);
      const headers = [[id], [id, 'message', channel, 'E!', 1, 1], [id, '', channel, 'e', 1, 1]];
      const foreign = [
        Buffer.from(''),
        Buffer.from('hello'),
        Buffer.from('\n'),
        Buffer.from([0xff, 0xfe, 0x00, 0x80]),
        Buffer.from(`[${'"x",'.repeat(2_000)}1]\n{}`),
        ...headers.map((fields) => Buffer.from(`${JSON.stringify(fields)}\n{}`)),
      ];
      for (const bytes of foreign) await bench.remote.sendForeign(channel, bytes);
      const last = sampleEnvelope(channel);
      await publisher.broker.publish([last]);
      await eventually(() => expect(follower?.sink.idsOf(channel)).toEqual([last.id]));
      await eventually(() => expect(follower?.complaints).toHaveLength(foreign.length));
    },
    absent: async () => {
      const channel = freshChannel();
      const [publisher, follower] = await bench.nodes(2, [channel]);
      const sent = sampleEnvelope(channel);
      await publisher.broker.publish([sent]);
      expect(follower?.sink.batches).toEqual([[sent]]);
      expect(follower?.complaints).toEqual([]);
    },
  });

  book.capability('B7', remote, {
    present: async () => {
      const seen = await bench.outOfBand.during(async () => {
        const node = await bench.unreachable();
        await useInAnyOrder(node);
        await eventually(() => expect(node.sink.states).toHaveLength(1));
        const live = await bench.node([freshChannel()]);
        await bench.remote.interrupt();
        await useInAnyOrder(live);
        await eventually(() => expect(live.sink.calls).toContain('resync'));
        await bench.closeAll();
      });
      expect(seen).toEqual([]);
    },
    absent: async () => {
      const seen = await bench.outOfBand.during(async () => {
        await useInAnyOrder(await bench.node());
        await bench.closeAll();
      });
      expect(seen).toEqual([]);
    },
  });
}

/** Calls everything at once; how each call ends is its caller's business and ignored here. */
async function useInAnyOrder({ broker }: TestNode): Promise<void> {
  const channels = [freshChannel(), freshChannel()];
  await Promise.allSettled([
    broker.subscribe(channels),
    broker.publish(channels.map((channel) => sampleEnvelope(channel))),
    broker.unsubscribe(channels.slice(1)),
    broker.probe(),
    broker.drain(),
  ]);
}

/** A state is reported once per change, beginning with the first. */
function expectStateChangesOnly(states: readonly string[]): void {
  for (const [i, state] of states.entries()) expect(states[i + 1]).not.toBe(state);
}
