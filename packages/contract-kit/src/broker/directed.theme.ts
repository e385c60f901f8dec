import { randomUUID } from 'node:crypto';
import type { Broker, DirectedEnvelope } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme, TestNode } from './broker-harness.js';

export function directedTheme({ book, bench }: BrokerTheme): void {
  const directed = bench.capabilities.directed === true;
  const named = async (): Promise<TestNode & { readonly id: string }> => {
    const id = randomUUID();
    return { id, ...(await bench.node([], id)) };
  };

  book.capability('B10', directed, {
    present: async () => {
      const channel = freshChannel();
      const [sender, first, second, other] = [
        await named(),
        await named(),
        await named(),
        await named(),
      ];
      const sent = Array.from({ length: 30 }, (_, i) => sampleEnvelope(channel, { offset: i + 1 }));
      const nodeIds = [first.id, randomUUID(), second.id];
      for (const envelope of sent) await publishTo(sender.broker, [{ envelope, nodeIds }]);
      for (const { sink } of [first, second]) {
        await bench.eventually(() => expect(sink.idsOf(channel)).toHaveLength(sent.length));
        expect(sink.of(channel)).toEqual(sent);
      }
      // Sent after all of that to each of the two that are to have nothing.
      const last = sampleEnvelope(freshChannel());
      await publishTo(sender.broker, [{ envelope: last, nodeIds: [other.id] }]);
      await bench.eventually(() => expect(other.sink.idsOf(last.channel)).toEqual([last.id]));
      expect(other.sink.of(channel)).toEqual([]);
      await sender.broker.probe();
      expect(sender.sink.of(channel)).toEqual([]);
    },
    absent: async () => {
      const { broker } = await bench.node();
      expect(broker.publishTo).toBeUndefined();
    },
  });

  if (!directed) return;

  book.clause('B10', 'ephemerals too, and whole batches for many nodes at once', async () => {
    const [sender, first, second] = [await named(), await named(), await named()];
    const batch = Array.from({ length: 200 }, (_, i): DirectedEnvelope => {
      const place = { epoch: null, offset: null };
      const envelope = sampleEnvelope(freshChannel(), i % 2 === 0 ? {} : place);
      return { envelope, nodeIds: [i % 3 === 0 ? first.id : second.id] };
    });
    await publishTo(sender.broker, batch);
    for (const { id, sink } of [first, second]) {
      const due = batch.flatMap(({ envelope, nodeIds }) => (nodeIds.includes(id) ? envelope : []));
      await bench.eventually(() => expect(sink.batches.flat()).toHaveLength(due.length));
      expect(new Set(sink.batches.flat())).toEqual(new Set(due));
    }
    await publishTo(sender.broker, []);
  });

  book.clause('B10', 'a node that only publishes sends, and is not to be reached', async () => {
    const channel = freshChannel();
    const receiver = await named();
    const { broker, sink } = await bench.publishOnlyNode();
    const envelope = sampleEnvelope(channel);
    await publishTo(broker, [{ envelope, nodeIds: [receiver.id] }]);
    await bench.eventually(() => expect(receiver.sink.idsOf(channel)).toEqual([envelope.id]));
    expect(sink.batches).toEqual([]);
  });

  book.clause('B10', 'after an interruption a node can be reached again', async () => {
    const channel = freshChannel();
    const [sender, receiver] = [await named(), await named()];
    await bench.remote.interrupt();
    await bench.restored(receiver);
    const envelope = sampleEnvelope(channel);
    await bench.eventually(() => publishTo(sender.broker, [{ envelope, nodeIds: [receiver.id] }]));
    await bench.eventually(() => expect(receiver.sink.idsOf(channel)).toContain(envelope.id));
  });

  book.clause('B10', 'it settles while the broker is away, and rejects once closed', async () => {
    const { broker } = await bench.unreachable();
    const to = [{ envelope: sampleEnvelope(freshChannel()), nodeIds: [randomUUID()] }];
    const unavailable = { code: 'BROKER_UNAVAILABLE' };
    await expect(publishTo(broker, to)).rejects.toMatchObject(unavailable);
    await broker.close();
    await expect(publishTo(broker, to)).rejects.toMatchObject({ code: 'CLOSED' });
  });
}

async function publishTo(broker: Broker, directed: readonly DirectedEnvelope[]): Promise<void> {
  if (broker.publishTo === undefined) throw new Error('a directed broker has publishTo');
  await broker.publishTo(directed);
}
