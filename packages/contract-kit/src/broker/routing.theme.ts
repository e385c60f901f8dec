import { expect } from 'vitest';
import { eventually } from '../eventually.js';
import { freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme } from './broker-harness.js';

export function routingTheme({ book, bench }: BrokerTheme): void {
  book.capability('B-INTEREST', bench.capabilities.routing === 'interest', {
    present: async () => {
      const [followed, ignored, left] = [freshChannel(), freshChannel(), freshChannel()];
      const publisher = await bench.node();
      const { broker, sink } = await bench.node([followed, left]);
      expect(broker.capabilities).toEqual(bench.capabilities);
      await broker.unsubscribe([left]);
      await publisher.broker.publish([sampleEnvelope(ignored), sampleEnvelope(left)]);
      // Order per link: when the last one is here, the ones before it would be too.
      const last = sampleEnvelope(followed);
      await publisher.broker.publish([last]);
      await eventually(() => expect(sink.idsOf(followed)).toEqual([last.id]));
      expect(sink.of(ignored)).toEqual([]);
      expect(sink.of(left)).toEqual([]);
    },
    absent: async () => {
      const channel = freshChannel();
      const publisher = await bench.node();
      const { broker, sink } = await bench.node();
      expect(broker.capabilities).toEqual(bench.capabilities);
      const [first, second] = [sampleEnvelope(channel), sampleEnvelope(channel, { offset: 2 })];
      await publisher.broker.publish([first]);
      await eventually(() => expect(sink.idsOf(channel)).toEqual([first.id]));
      await broker.unsubscribe([channel]);
      await publisher.broker.publish([second]);
      await eventually(() => expect(sink.idsOf(channel)).toEqual([first.id, second.id]));
    },
  });
}
