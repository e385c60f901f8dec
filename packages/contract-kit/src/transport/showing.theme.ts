import { parseCursor } from '@realtime-notify/core';
import { expect } from 'vitest';
import { eventually } from '../eventually.js';
import { type TransportTheme, textsOf } from './transport-harness.js';

export function showingTheme({ book, bench }: TransportTheme): void {
  book.clause('T1', 'ready names the user and the positions', async () => {
    const node = await bench.node();
    await node.tell({ user: 'u1' }, 'before');
    const client = await node.ready({ token: 'u1;g1', groups: ['g1'] });
    expect(client.readies).toHaveLength(1);
    expect(client.readies[0]).toMatchObject({ user: 'u1', recovered: true });
    expect(client.readies[0]?.channels).toMatchObject({
      'user:u1': { offset: 1 },
      'group:g1': { offset: 0 },
      all: { offset: 0 },
    });
    expect(client.notifications).toEqual([]);
  });

  book.clause('T2', 'every field is as the publisher was told', async () => {
    const node = await bench.node();
    const client = await node.ready({ token: 'u1' });
    const text = 'line\r\nbreak \u2028 \0 "quote" \\ é 🎉 data: id: 7\n\nevent: forged';
    const { id, time, channels } = await node.notifier.notify({
      to: { user: 'u1' },
      type: 'note',
      data: { text },
    });
    await eventually(() => expect(client.notifications).toHaveLength(1));
    expect(client.notifications[0]).toEqual({
      id,
      time,
      type: 'note',
      ...channels[0],
      data: { text },
    });
  });

  book.clause('T2', 'a burst comes whole, in offset order, over several channels', async () => {
    const node = await bench.node();
    const client = await node.ready({ token: 'u1;g1', groups: ['g1'] });
    const targets = [{ user: 'u1' }, { group: 'g1' }, { all: true }] as const;
    const told: Promise<void>[] = [];
    for (let n = 0; n < 300; n += 1) {
      const target = targets[n % targets.length];
      if (target !== undefined) told.push(node.tell(target, String(n)));
    }
    await Promise.all(told);
    await eventually(() => expect(client.notifications).toHaveLength(300));
    for (const channel of ['user:u1', 'group:g1', 'all']) {
      const offsets = client.notifications.filter((each) => each.channel === channel);
      expect(offsets.map(({ offset }) => offset)).toEqual(
        Array.from({ length: 100 }, (_, n) => n + 1),
      );
    }
    const positions = [...parseCursor(client.cursor ?? '').values()];
    expect(positions.map(({ offset }) => offset)).toEqual([100, 100, 100]);
  });

  book.clause('T3', 'others see nothing of it', async () => {
    const node = await bench.node();
    const [mine, other] = await Promise.all([
      node.ready({ token: 'u1;g1', groups: ['g1'] }),
      node.ready({ token: 'u2;g1' }),
    ]);
    await node.tell({ user: 'u1' }, 'for u1');
    await node.tell({ group: 'g1' }, 'for g1');
    await node.tell({ user: 'u2' }, 'for u2');
    await node.tell({ all: true }, 'for all');
    await eventually(() => expect(mine.notifications).toHaveLength(3));
    await eventually(() => expect(other.notifications).toHaveLength(2));
    expect(textsOf(mine)).toEqual(['for u1', 'for g1', 'for all']);
    expect(textsOf(other)).toEqual(['for u2', 'for all']);
  });

  book.clause('T11', 'it comes with null places and leaves the cursor', async () => {
    const node = await bench.node();
    const client = await node.ready({ token: 'u1' });
    await node.tell({ user: 'u1' }, 'kept');
    await eventually(() => expect(client.notifications).toHaveLength(1));
    const before = client.cursor;
    const to = { user: 'u1' };
    await node.notifier.notify({ to, type: 'note', data: { text: 'gone' }, durable: false });
    await eventually(() => expect(client.notifications).toHaveLength(2));
    expect(client.notifications[1]).toMatchObject({ epoch: null, offset: null });
    expect(client.cursor).toBe(before);
    const late = await node.ready({ token: 'u1', cursor: before });
    await node.tell({ user: 'u1' }, 'after');
    await eventually(() => expect(textsOf(late)).toEqual(['after']));
  });
}
