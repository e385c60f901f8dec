import { expect } from 'vitest';
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
      for (const node of nodes) await bench.restored(node);
      const [publisher, follower] = nodes;
      const sent = channels.map((channel) => sampleEnvelope(channel));
      await publisher.broker.publish(sent);
      for (const { channel, id } of sent) {
        await bench.eventually(() => expect(follower?.sink.idsOf(channel)).toEqual([id]));
      }
    },
    absent: async () => {
      const channel = freshChannel();
      const [publisher, follower] = await bench.nodes(2, [channel]);
      await publisher.broker.publish([sampleEnvelope(channel)]);
      for (const node of [publisher, follower]) expect(node?.sink.calls).toEqual(['up']);
    },
  });

  if (remote) {
    book.clause('B4', 'what was asked for while the link was down is followed, too', async () => {
      const [before, during] = [freshChannel(), freshChannel()];
      const publisher = await bench.node();
      const node = await bench.node([before]);
      await bench.remote.interrupt();
      const [asked] = await Promise.allSettled([node.broker.subscribe([during])]);
      if (asked?.status === 'rejected') expect(asked.reason).toMatchObject(unavailable);
      await bench.restored(node);
      const sent = [sampleEnvelope(before), sampleEnvelope(during)];
      await bench.eventually(() => publisher.broker.publish(sent));
      for (const { channel, id } of sent) {
        await bench.eventually(() => expect(node.sink.idsOf(channel)).toEqual([id]));
      }
    });
  }

  book.capability('B-STATUS', remote, {
    present: async () => {
      const away = await bench.unreachable();
      await bench.eventually(() => expect(away.sink.states).toHaveLength(1));
      expect(away.sink.states[0]).toMatchObject({ state: 'down', error: unavailable });
      await Promise.allSettled(Array.from({ length: 20 }, () => away.broker.probe()));
      const node = await bench.node([freshChannel()]);
      await bench.remote.interrupt();
      await bench.restored(node);
      expect(away.sink.calls).toEqual(['down']);
    },
    absent: async () => {
      const { broker, sink } = await bench.node([freshChannel()]);
      await broker.publish([sampleEnvelope(freshChannel())]);
      await broker.drain();
      await broker.close();
      expect(sink.calls).toEqual(['up']);
    },
  });

  book.capability('B5', remote, {
    present: async () => {
      const { broker } = await bench.unreachable();
      const channel = freshChannel();
      const calls = Array.from({ length: 500 }, () => broker.publish([sampleEnvelope(channel)]));
      for (const result of await bench.settled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
      }
      await expect(broker.subscribe([channel])).rejects.toMatchObject(unavailable);
    },
    absent: async () => {
      const { broker } = await bench.node();
      await Promise.all(
        Array.from({ length: 500 }, () => broker.publish([sampleEnvelope(freshChannel())])),
      );
    },
  });

  book.capability('B-PROBE', remote, {
    present: async () => {
      const { broker } = await bench.node();
      await Promise.all([broker.probe(), broker.probe()]);
      const away = await bench.unreachable();
      await expect(away.broker.probe()).rejects.toMatchObject(unavailable);
    },
    absent: async () => {
      const { broker } = await bench.node();
      await Promise.all([broker.probe(), broker.probe()]);
    },
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
      await bench.eventually(() => expect(follower?.sink.idsOf(channel)).toEqual([last.id]));
      await bench.eventually(() => expect(follower?.complaints).toHaveLength(foreign.length));
    },
    absent: async () => {
      const channel = freshChannel();
      const [publisher, follower] = await bench.nodes(2, [channel]);
      const sent = sampleEnvelope(channel);
      await publisher.broker.publish([sent]);
      await bench.eventually(() => expect(follower?.sink.batches).toEqual([[sent]]));
      expect(follower?.complaints).toEqual([]);
    },
  });

  book.capability('B7', remote, {
    present: async () => {
      const seen = await bench.outOfBand.during(async () => {
        const node = await bench.unreachable();
        await useInAnyOrder(node);
        await bench.eventually(() => expect(node.sink.states).toHaveLength(1));
        const live = await bench.node([freshChannel()]);
        await bench.remote.interrupt();
        await useInAnyOrder(live);
        await bench.eventually(() => expect(live.sink.calls).toContain('resync'));
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
