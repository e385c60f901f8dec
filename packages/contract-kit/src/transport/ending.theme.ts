import { Batch } from '@realtime-notify/core';
import { expect } from 'vitest';
import { eventually } from '../eventually.js';
import { type TransportTheme, textsOf } from './transport-harness.js';

export function endingTheme({ book, bench }: TransportTheme): void {
  const refusals = [
    { title: 'no credential', request: {}, refusal: 'unauthenticated' },
    { title: 'an expired one', request: { token: 'u1;;1' }, refusal: 'unauthenticated' },
    { title: 'a foreign group', request: { token: 'u1', groups: ['g1'] }, refusal: 'forbidden' },
    {
      title: 'a malformed cursor',
      request: { token: 'u1', cursor: 'c1~x' },
      refusal: 'bad request',
    },
    {
      title: 'a cursor of 8 KB',
      request: { token: 'u1', cursor: `c1~${'0'.repeat(8_192)}` },
      refusal: 'bad request',
    },
  ] as const;
  for (const { title, request, refusal } of refusals) {
    book.clause('T6', title, async () => {
      const node = await bench.node();
      const bystander = await node.ready({ token: 'u2' });
      const client = node.connect(request);
      await eventually(() => expect(client.refusal).toBe(refusal));
      await eventually(() => expect(client.ended).toBe(true));
      expect(client.readies).toEqual([]);
      expect(node.notifier.emitters.size).toBe(1);
      await node.tell({ all: true }, 'still here');
      await eventually(() => expect(textsOf(bystander)).toEqual(['still here']));
    });
  }

  book.clause('T7', 'closed at its budget; it resumes later', async () => {
    const node = await bench.node({ maxBufferedBytes: 64 * 1024 });
    const [slow, quick] = [await node.ready({ token: 'u1' }), await node.ready({ token: 'u2' })];
    const { cursor } = slow;
    slow.pause();
    const filler = 'x'.repeat(32_000);
    let told = 0;
    while (node.notifier.emitters.ofUser('u1').length > 0 && told < 900) {
      await node.tell({ all: true }, `${told} ${filler}`);
      told += 1;
      await eventually(() => expect(quick.notifications).toHaveLength(told));
    }
    expect(node.notifier.emitters.ofUser('u1')).toEqual([]);
    slow.cut();
    const back = await node.ready({ token: 'u1', cursor });
    await eventually(() => expect(back.notifications).toHaveLength(told));
    expect(back.readies).toMatchObject([{ recovered: true }]);
    expect(textsOf(back).map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: told }, (_, n) => n),
    );
  });

  book.clause('T8', 'its emitter and its channels are released', async () => {
    const node = await bench.node();
    const clients = await Promise.all([1, 2, 3].map(() => node.ready({ token: 'u1' })));
    expect(node.notifier.emitters.ofUser('u1')).toHaveLength(3);
    expect(node.notifier.emitters.ofChannel('user:u1')).toHaveLength(3);
    for (const client of clients) client.cut();
    await eventually(() => expect(node.notifier.emitters.size).toBe(0));
    expect(node.notifier.emitters.userCount).toBe(0);
    expect(node.notifier.emitters.ofChannel('user:u1')).toEqual([]);
  });

  book.clause('T9', 'bye says that it expired, and not to come back by itself', async () => {
    const node = await bench.node();
    const client = await node.ready({ token: `u1;;${Date.now() + 500}` });
    const other = await node.ready({ token: 'u2' });
    await eventually(() => expect(client.ended).toBe(true));
    expect(client.bye).toEqual({ code: 'EXPIRED', returnMs: null });
    expect(other.ended).toBe(false);
  });

  book.clause('T10', 'all are told, and nobody new is let in', async () => {
    const node = await bench.node();
    const clients = await Promise.all(['u1', 'u2', 'u3'].map((token) => node.ready({ token })));
    await node.tell({ all: true }, 'last');
    const drained = node.notifier.drain();
    const late = node.connect({ token: 'u4' });
    await drained;
    for (const client of clients) {
      await eventually(() => expect(client.ended).toBe(true));
      expect(textsOf(client)).toEqual(['last']);
      expect(client.bye).toMatchObject({ code: 'DRAINING', returnMs: expect.any(Number) });
    }
    await eventually(() => expect(late.ended).toBe(true));
    expect(late.readies).toEqual([]);
  });

  book.clause('T-OUTLET', 'calls after close do no harm, and a listener is called', async () => {
    const node = await bench.node();
    const client = await node.ready({ token: 'u1' });
    await node.tell({ user: 'u1' }, 'last');
    await eventually(() => expect(textsOf(client)).toEqual(['last']));
    const [outlet] = node.outlets;
    if (outlet === undefined) throw new Error('the transport attached no outlet');
    expect(outlet.bufferedBytes).toBeGreaterThanOrEqual(0);
    outlet.close({ code: 'CLOSED', returnMs: 1_000 });
    outlet.close({ code: 'MAX_AGE', returnMs: null });
    outlet.write(Batch.empty(), { cursor: () => 'c1' });
    outlet.ready({ userId: 'u1', channels: new Map(), recovered: false }, 'c1');
    await new Promise<void>((drained) => outlet.onceDrained(drained));
    await eventually(() => expect(client.ended).toBe(true));
    expect(client.bye).toMatchObject({ code: 'CLOSED' });
    expect(client.readies).toHaveLength(1);
    outlet.close({ code: 'CLOSED', returnMs: null });
    await new Promise<void>((drained) => outlet.onceDrained(drained));
  });
}
