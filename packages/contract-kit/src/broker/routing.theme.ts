import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme } from './broker-harness.js';

export function routingTheme({ book, bench }: BrokerTheme): void {
  book.capability('B-DECLARED', bench.capabilities.remote, {
    present: async () => {
      for (const { broker } of await bench.nodes(2, [])) {
        expect(broker.capabilities).toEqual(bench.capabilities);
      }
    },
    absent: async () => {
      const before = new OpenHandles().sockets;
      const channel = freshChannel();
      const nodes = await bench.nodes(2, [channel]);
      await nodes[0].broker.publish([sampleEnvelope(channel)]);
      for (const { broker } of nodes) expect(broker.capabilities).toEqual(bench.capabilities);
      expect(new OpenHandles().sockets).toBeLessThanOrEqual(before);
    },
  });

  book.capability('B-INTEREST', bench.capabilities.routing === 'interest', {
    present: async () => {
      const [followed, ignored, left] = [freshChannel(), freshChannel(), freshChannel()];
      const publisher = await bench.node();
      const { broker, sink } = await bench.node([followed, left]);
      await broker.unsubscribe([left]);
      await publisher.broker.publish([sampleEnvelope(ignored), sampleEnvelope(left)]);
      // Order per link: when the last one is here, the ones before it would be too.
      const last = sampleEnvelope(followed);
      await publisher.broker.publish([last]);
      await bench.eventually(() => expect(sink.idsOf(followed)).toEqual([last.id]));
      expect(sink.of(ignored)).toEqual([]);
      expect(sink.of(left)).toEqual([]);
    },
    absent: async () => {
      const channel = freshChannel();
      const publisher = await bench.node();
      const { broker, sink } = await bench.node();
      const [first, second] = [sampleEnvelope(channel), sampleEnvelope(channel, { offset: 2 })];
      await publisher.broker.publish([first]);
      await bench.eventually(() => expect(sink.idsOf(channel)).toEqual([first.id]));
      await broker.unsubscribe([channel]);
      await publisher.broker.publish([second]);
      await bench.eventually(() => expect(sink.idsOf(channel)).toEqual([first.id, second.id]));
    },
  });
}
