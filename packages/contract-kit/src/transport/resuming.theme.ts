import { memoryStore, type Store } from '@realtime-notify/core';
import { expect } from 'vitest';
import { eventually } from '../eventually.js';
import { type TransportTheme, textsOf } from './transport-harness.js';

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

export function resumingTheme({ book, bench }: TransportTheme): void {
  book.clause('T4', 'a client cut off sees what it missed, then what comes', async () => {
    const node = await bench.node();
    const first = await node.ready({ token: 'u1;g1', groups: ['g1'] });
    await node.tell({ user: 'u1' }, '1');
    await node.tell({ group: 'g1' }, 'g');
    await eventually(() => expect(first.notifications).toHaveLength(2));
    first.cut();
    for (const n of numbers(2, 5)) await node.tell({ user: 'u1' }, n);
    await node.tell({ all: true }, 'a');
    const second = await node.ready({
      token: 'u1;g1',
      groups: ['g1'],
      cursor: first.cursor,
    });
    await node.tell({ user: 'u1' }, '6');
    await eventually(() => expect(second.notifications).toHaveLength(6));
    expect(second.readies).toHaveLength(1);
    expect(second.readies[0]).toMatchObject({ recovered: true });
    expect(second.readies[0]?.channels['user:u1']).toMatchObject({ offset: 1 });
    expect(textsOf(second, 'user:u1')).toEqual(numbers(2, 6));
    expect(textsOf(second, 'all')).toEqual(['a']);
  });

  book.clause('T4', 'a long absence is caught up from the store while more comes', async () => {
    const node = await bench.node({ ringCount: 4, pageItems: 10 });
    const first = await node.ready({ token: 'u1' });
    await node.tell({ user: 'u1' }, '1');
    await eventually(() => expect(first.notifications).toHaveLength(1));
    first.cut();
    for (const n of numbers(2, 200)) await node.tell({ user: 'u1' }, n);
    const second = node.connect({ token: 'u1', cursor: first.cursor });
    for (const n of numbers(201, 300)) await node.tell({ user: 'u1' }, n);
    await eventually(() => expect(second.notifications.length).toBeGreaterThanOrEqual(299));
    expect(textsOf(second)).toEqual(numbers(2, 300));
  });

  book.clause('T4', 'a client that missed nothing is up to date', async () => {
    const node = await bench.node();
    const first = await node.ready({ token: 'u1' });
    await node.tell({ user: 'u1' }, '1');
    await eventually(() => expect(first.notifications).toHaveLength(1));
    first.cut();
    const second = await node.ready({ token: 'u1', cursor: first.cursor });
    await node.tell({ user: 'u1' }, '2');
    await eventually(() => expect(textsOf(second)).toEqual(['2']));
    expect(second.readies).toMatchObject([{ recovered: true }]);
  });

  book.clause('T4', 'a stream that saw nothing yet resumes from where it began', async () => {
    const node = await bench.node();
    const first = await node.ready({ token: 'u1' });
    first.cut();
    await node.tell({ user: 'u1' }, '1');
    const second = await node.ready({ token: 'u1', cursor: first.cursor });
    await eventually(() => expect(textsOf(second)).toEqual(['1']));
    expect(second.readies).toMatchObject([{ recovered: true }]);
  });

  book.clause('T4', "another user's cursor shows nothing of that user", async () => {
    const node = await bench.node();
    const other = await node.ready({ token: 'u2' });
    await node.tell({ user: 'u2' }, 'for u2');
    await eventually(() => expect(other.notifications).toHaveLength(1));
    const mine = await node.ready({ token: 'u1', cursor: other.cursor });
    await node.tell({ user: 'u2' }, 'for u2');
    await node.tell({ user: 'u1' }, 'for u1');
    await eventually(() => expect(textsOf(mine)).toEqual(['for u1']));
    expect(mine.readies).toMatchObject([{ recovered: true }]);
  });

  book.clause('T5', 'trimmed history: not recovered, and on from the head', async () => {
    const node = await bench.node({
      store: memoryStore({ retention: { maxCount: 5 } }),
      ringCount: 2,
    });
    const first = await node.ready({ token: 'u1' });
    await node.tell({ user: 'u1' }, '1');
    await eventually(() => expect(first.notifications).toHaveLength(1));
    first.cut();
    for (const n of numbers(2, 20)) await node.tell({ user: 'u1' }, n);
    const second = await node.ready({ token: 'u1', cursor: first.cursor });
    expect(second.readies[0]).toMatchObject({ recovered: false });
    expect(second.readies[0]?.channels['user:u1']).toMatchObject({ offset: 20 });
    await node.tell({ user: 'u1' }, '21');
    await eventually(() => expect(textsOf(second)).toEqual(['21']));
  });

  book.clause('T5', 'a forged position: not recovered, and no harm', async () => {
    const node = await bench.node();
    const first = await node.ready({ token: 'u1' });
    for (const n of numbers(1, 3)) await node.tell({ user: 'u1' }, n);
    await eventually(() => expect(first.notifications).toHaveLength(3));
    const cursor = first.cursor ?? '';
    const forgeries = [
      cursor.replace(/\.3\.[0-9a-f]{8}/, '.3.deadbeef'),
      cursor.replace(/\.3\.[0-9a-f]{8}/, '.2.deadbeef'),
      cursor.replace(/\.3\.[0-9a-f]{8}/, '.999.deadbeef'),
      cursor.replace(/\.[0-9a-z]+\.3\./, '.anotherlife.3.'),
    ];
    for (const forged of forgeries) {
      expect(forged).not.toBe(cursor);
      const client = await node.ready({ token: 'u1', cursor: forged });
      expect(client.readies[0]).toMatchObject({ recovered: false });
    }
    await node.tell({ user: 'u1' }, '4');
    await eventually(() => expect(textsOf(first)).toEqual(numbers(1, 4)));
    expect(first.readies).toHaveLength(1);
  });

  book.clause('T-LOST', 'the stream goes on from the new positions', async () => {
    let current = memoryStore();
    const store = through(() => current);
    const node = await bench.node({ store });
    const client = await node.ready({ token: 'u1' });
    for (const n of numbers(1, 3)) await node.tell({ user: 'u1' }, n);
    await eventually(() => expect(client.notifications).toHaveLength(3));
    current = memoryStore();
    await node.tell({ user: 'u1' }, 'of the new log');
    await eventually(() => expect(client.readies).toHaveLength(2));
    expect(client.readies[1]).toMatchObject({ user: 'u1', recovered: false });
    await node.tell({ user: 'u1' }, 'and on');
    await eventually(() => expect(textsOf(client).at(-1)).toBe('and on'));
    const back = await node.ready({ token: 'u1', cursor: client.cursor });
    expect(back.readies).toMatchObject([{ recovered: true }]);
    expect(client.ended).toBe(false);
  });

  book.clause('T12', 'a store that is away at connect', async () => {
    const inner = memoryStore();
    let away = false;
    const store = failing(inner, () => away);
    const node = await bench.node({ store });
    await node.tell({ user: 'u1' }, '1');
    away = true;
    const refused = node.connect({ token: 'u1' });
    await eventually(() => expect(refused.ended).toBe(true));
    expect(refused.refusal).toBeUndefined();
    expect(refused.bye?.returnMs).toBeGreaterThan(0);
    away = false;
    const client = await node.ready({ token: 'u1' });
    await node.tell({ user: 'u1' }, '2');
    await eventually(() => expect(textsOf(client)).toEqual(['2']));
  });

  book.clause('T12', 'an identity provider that is away', async () => {
    const node = await bench.node();
    const client = node.connect({ token: 'broken' });
    await eventually(() => expect(client.ended).toBe(true));
    expect(client.readies).toEqual([]);
    expect(client.refusal).toBeUndefined();
  });
}

/** The store, but rejecting everything it is asked while `isAway`. */
function failing(inner: Store, isAway: () => boolean): Store {
  const away = new Error('the store is away');
  return through(() => {
    if (isAway()) throw away;
    return inner;
  });
}

/** A store that asks for the one behind it at every call. */
function through(current: () => Store): Store {
  const { shared } = current();
  return {
    shared,
    start: async () => current().start(),
    append: async (drafts) => current().append(drafts),
    readAfter: async (requests) => current().readAfter(requests),
    positions: async (channels) => current().positions(channels),
    states: async (channels) => current().states(channels),
    renewEpoch: async (channel, epoch) => current().renewEpoch(channel, epoch),
    drain: async () => {},
    close: async () => {},
  };
}
