import { expect } from 'vitest';
import { freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme } from './broker-harness.js';

export function publishOnlyTheme({ book, bench }: BrokerTheme): void {
  book.clause(
    'B9',
    'it reaches the others in order, and hears neither them nor itself',
    async () => {
      const channel = freshChannel();
      const [follower, other] = await bench.nodes(2, [channel]);
      const { broker, sink } = await bench.publishOnlyNode();
      const sent = Array.from({ length: 20 }, (_, i) => sampleEnvelope(channel, { offset: i + 1 }));
      for (const envelope of sent) await broker.publish([envelope]);
      await bench.eventually(() => expect(follower.sink.idsOf(channel)).toHaveLength(sent.length));
      expect(follower.sink.idsOf(channel)).toEqual(sent.map(({ id }) => id));
      const foreign = sampleEnvelope(channel, { offset: 21 });
      await other?.broker.publish([foreign]);
      await bench.eventually(() => expect(follower.sink.idsOf(channel)).toContain(foreign.id));
      // What was under way to it before this round trip would be here after it.
      await broker.probe();
      expect(sink.batches).toEqual([]);
      expect(sink.calls).toEqual(['up']);
    },
  );

  book.clause('B9', 'subscribe rejects with PUBLISH_ONLY, and publishing goes on', async () => {
    const channel = freshChannel();
    const follower = await bench.node([channel]);
    const { broker, sink } = await bench.publishOnlyNode();
    await expect(broker.subscribe([channel])).rejects.toMatchObject({ code: 'PUBLISH_ONLY' });
    const sent = sampleEnvelope(channel);
    await broker.publish([sent]);
    await bench.eventually(() => expect(follower.sink.idsOf(channel)).toEqual([sent.id]));
    await broker.probe();
    expect(sink.batches).toEqual([]);
  });

  book.clause('B9', 'it drains and closes like any other', async () => {
    const { broker } = await bench.publishOnlyNode();
    await broker.drain();
    await broker.close();
    await broker.close();
    const published = broker.publish([sampleEnvelope(freshChannel())]);
    await expect(published).rejects.toMatchObject({ code: 'CLOSED' });
  });

  if (!bench.capabilities.remote) return;

  book.clause('B9', 'while the broker is away it says so', async () => {
    const { broker, sink } = await bench.unreachable({ publishOnly: true });
    const unavailable = { code: 'BROKER_UNAVAILABLE' };
    await bench.eventually(() => expect(sink.states).toHaveLength(1));
    expect(sink.states[0]).toMatchObject({ state: 'down', error: unavailable });
    const published = broker.publish([sampleEnvelope(freshChannel())]);
    await expect(published).rejects.toMatchObject(unavailable);
  });

  book.clause('B9', 'it comes back from an interruption', async () => {
    const channel = freshChannel();
    const follower = await bench.node([channel]);
    const { broker, sink } = await bench.publishOnlyNode();
    await bench.remote.interrupt();
    await bench.eventually(() => expect(follower.sink.calls).toContain('resync'));
    const sent = sampleEnvelope(channel);
    await bench.eventually(() => broker.publish([sent]));
    await bench.eventually(() => expect(follower.sink.idsOf(channel)).toEqual([sent.id]));
    await bench.eventually(() => expect(sink.states.at(-1)).toEqual({ state: 'up' }));
    expect(sink.batches).toEqual([]);
  });
}
