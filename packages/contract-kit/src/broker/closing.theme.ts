import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { freshChannel, sampleEnvelope } from '../samples.js';
import type { BrokerTheme } from './broker-harness.js';

export function closingTheme({ book, bench }: BrokerTheme): void {
  book.clause('B8', 'a closed node receives nothing, the others go on', async () => {
    const channel = freshChannel();
    const [publisher, closed, open] = await bench.nodes(3, [channel]);
    await closed?.broker.close();
    const before = closed?.sink.calls.length;
    const last = sampleEnvelope(channel);
    await publisher.broker.publish([last]);
    await bench.eventually(() => expect(open?.sink.idsOf(channel)).toEqual([last.id]));
    expect(closed?.sink.batches).toEqual([]);
    expect(closed?.sink.calls).toHaveLength(before ?? -1);
  });

  book.clause('B8', 'close is idempotent, and calls after it reject', async () => {
    const { broker } = await bench.node([freshChannel()]);
    await broker.drain();
    await broker.close();
    await broker.close();
    const closed = { code: 'CLOSED' };
    await expect(broker.publish([sampleEnvelope(freshChannel())])).rejects.toMatchObject(closed);
    await expect(broker.subscribe([freshChannel()])).rejects.toMatchObject(closed);
    await expect(broker.unsubscribe([freshChannel()])).rejects.toMatchObject(closed);
    await expect(broker.probe()).rejects.toMatchObject(closed);
    await broker.drain();
  });

  book.clause('B8', 'pending calls settle when the broker is closed', async () => {
    const { broker } = await bench.node();
    const pending = Promise.allSettled([
      broker.subscribe([freshChannel()]),
      broker.publish([sampleEnvelope(freshChannel())]),
      broker.probe(),
    ]);
    await broker.close();
    await pending;
  });

  book.clause('B8', 'no socket and no timer is left after close', async () => {
    const before = new OpenHandles();
    // Several, so that a timer of each stands out among those of the test runner.
    for (let i = 0; i < 5; i += 1) {
      const { broker } = await bench.node([freshChannel()]);
      await broker.close();
      if (!bench.capabilities.remote) continue;
      const away = await bench.unreachable();
      await away.broker.close();
    }
    await bench.eventually(() => before.mustCoverAll());
  });

  book.clause('B-DRAIN', 'though the node is closed right after it', async () => {
    const channel = freshChannel();
    const follower = await bench.node([channel]);
    const { broker } = await bench.node();
    const sent = Array.from({ length: 30 }, (_, i) => sampleEnvelope(channel, { offset: i + 1 }));
    const publishing = Promise.all(sent.map((envelope) => broker.publish([envelope])));
    await broker.drain();
    await broker.close();
    await publishing;
    await bench.eventually(() => expect(follower.sink.idsOf(channel)).toHaveLength(sent.length));
  });
}
