import { expect } from 'vitest';
import { awkwardJson, freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme } from './broker-harness.js';

export function carryingTheme({ book, bench }: BrokerTheme): void {
  book.clause('B1', 'envelopes reach two other nodes, fields and data unchanged', async () => {
    const channel = freshChannel('ü {b} "q"');
    const [publisher, ...others] = await bench.nodes(3, [channel]);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const stored = awkwardJson.map((dataJson, i) =>
      sampleEnvelope(channel, {
        dataJson,
        offset: i + 1,
        type: `typ.${i}:a-b_c`,
        ...(i % 2 ? { traceparent } : {}),
        ...(i % 3 ? { previousTag: `b302099${i}` } : {}),
      }),
    );
    const ephemeral = sampleEnvelope(channel, { epoch: null, offset: null });
    const provisional = sampleEnvelope(channel, {
      ...{ epoch: null, offset: null, provisional: true },
      traceparent,
    });
    const sent = [...stored, ephemeral, provisional];
    await publisher.broker.publish(sent);
    for (const { sink } of others) {
      await bench.eventually(() => expect(sink.idsOf(channel)).toHaveLength(sent.length));
      const byId = new Map(sink.of(channel).map((envelope) => [envelope.id, envelope]));
      expect(sent.map(({ id }) => byId.get(id))).toEqual(sent);
    }
  });

  book.clause('B1', 'one batch over many channels reaches every follower', async () => {
    const channels = Array.from({ length: 300 }, () => freshChannel());
    const [publisher, follower] = [await bench.node(), await bench.node(channels)];
    const sent = channels.map((channel) => sampleEnvelope(channel));
    await publisher.broker.publish(sent);
    await bench.eventually(() => {
      expect(channels.flatMap((channel) => follower.sink.idsOf(channel))).toHaveLength(300);
    });
    expect(channels.flatMap((channel) => follower.sink.idsOf(channel))).toEqual(
      sent.map(({ id }) => id),
    );
  });

  book.clause('B1', 'publishing nothing resolves', async () => {
    const { broker } = await bench.node();
    await broker.publish([]);
  });

  book.clause('B2', 'every publish after subscribe resolved is received, on any node', async () => {
    const publishers = await bench.nodes(2, []);
    const follower = await bench.node();
    const sent = new Map<string, string[]>();
    for (let i = 0; i < 25; i += 1) {
      const channel = freshChannel();
      await follower.broker.subscribe([channel]);
      const envelopes = publishers.map(() => sampleEnvelope(channel));
      await Promise.all(
        publishers.map(({ broker }, p) => broker.publish(envelopes.slice(p, p + 1))),
      );
      sent.set(channel, envelopes.map(({ id }) => id).toSorted());
    }
    for (const [channel, ids] of sent) {
      await bench.eventually(() => expect(follower.sink.idsOf(channel).toSorted()).toEqual(ids));
    }
  });

  book.clause('B2', 'subscribe and unsubscribe in flight together end as last asked', async () => {
    const channel = freshChannel();
    const publisher = await bench.node();
    const { broker, sink } = await bench.node();
    for (let round = 1; round <= 10; round += 1) {
      const calls = [
        broker.subscribe([channel]),
        broker.unsubscribe([channel]),
        broker.subscribe([channel]),
      ];
      await Promise.all(calls);
      await publisher.broker.publish([sampleEnvelope(channel, { offset: round })]);
      await bench.eventually(() => expect(sink.idsOf(channel)).toHaveLength(round));
      const undoing = broker.unsubscribe([channel]);
      if (round % 2 === 0) await undoing;
    }
  });

  book.clause('B3', 'order holds over batches of every size and several channels', async () => {
    const channels = Array.from({ length: 3 }, () => freshChannel());
    const publisher = await bench.node();
    const follower = await bench.node(channels);
    const sent = Array.from({ length: 900 }, (_, i) => {
      const offset = 1 + Math.floor(i / 3);
      return sampleEnvelope(channels[i % 3] ?? '', { offset });
    });
    for (let from = 0, size = 1; from < sent.length; from += size, size = (size * 3) % 97) {
      await publisher.broker.publish(sent.slice(from, from + size));
    }
    for (const channel of channels) {
      const ids = sent.filter((envelope) => envelope.channel === channel).map(({ id }) => id);
      await bench.eventually(() => expect(follower.sink.idsOf(channel)).toHaveLength(ids.length));
      expect(follower.sink.idsOf(channel)).toEqual(ids);
    }
  });
}
