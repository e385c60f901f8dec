import { expect } from 'vitest';
import { Device } from './device.js';
import { type InboxTheme, idsOf } from './inbox-harness.js';

export function listingTheme({ book, bench }: InboxTheme): void {
  book.clause('I1', 'what came to the user, to a group and to all, the newest first', async () => {
    const stage = await bench.stage();
    const groups = ['g1'];
    expect(await stage.ids({}, groups)).toEqual([]);
    const sent = [
      await stage.send('me'),
      await stage.send({ group: 'g1' }),
      await stage.send('all'),
      await stage.send('me', 'promo'),
    ];
    await stage.send({ group: 'other' });
    const { items, muted, next } = await stage.inbox().list();
    expect(items.map(({ notification: { id } }) => id)).toEqual(sent.toReversed());
    expect(items[0]).toMatchObject({
      notification: { type: 'promo', data: { n: 4 }, offset: 2 },
      seen: false,
      read: false,
      archived: false,
    });
    expect([muted, next]).toEqual([[], null]);
    expect(await stage.ids({ types: ['promo'] })).toEqual([sent[3]]);
  });

  book.clause('I2', 'what was there when the user joined a group is not in the inbox', async () => {
    const stage = await bench.stage();
    await stage.send({ group: 'g1' });
    await stage.send('all');
    const own = await stage.send('me');
    expect(await stage.ids({}, ['g1'])).toEqual([own]);
    const late = await stage.send({ group: 'g1' });
    expect(await stage.ids({}, ['g1'])).toEqual([late, own]);
    expect(await stage.ids()).toEqual([late, own]);
    await stage.inbox().leave('g1');
    await stage.send({ group: 'g1' });
    expect(await stage.ids()).toEqual([own]);
    expect(await stage.ids({}, ['g1'])).toEqual([own]);
  });

  book.clause('I2', 'a stream joins, so that what it shows is in the inbox', async () => {
    const stage = await bench.stage();
    await stage.send({ group: 'g1' });
    const device = await stage.device(['g1']);
    const sent = await stage.send({ group: 'g1' });
    await stage.eventually(() => expect(device.notifications.at(-1)?.id).toBe(sent));
    expect(await stage.ids()).toEqual([sent]);
    expect(await stage.counted()).toEqual([1, 1]);
  });

  book.clause('I2', 'the host names the groups of those who are away', async () => {
    const groupsOf = new Map<string, readonly string[]>();
    const stage = await bench.stage({ groupsOf: async (userId) => groupsOf.get(userId) ?? [] });
    groupsOf.set(stage.userId, ['g1']);
    await stage.counted();
    const sent = await stage.send({ group: 'g1' });
    await stage.send({ group: 'g2' });
    // Whatever a request asks for, the host knows better.
    expect(await stage.ids({}, ['g2'])).toEqual([sent]);
    groupsOf.set(stage.userId, []);
    expect(await stage.ids()).toEqual([]);
  });

  book.clause('I2', 'a group without row: sending to it changes no inbox', async () => {
    const stage = await bench.stage();
    const before = await stage.inbox(['g1']).counts();
    await stage.sendMany(20, { group: 'g1' });
    const after = await stage.inbox(['g1']).counts();
    expect(after.position).toEqual(before.position);
    expect(after).toMatchObject({ unread: 20, unseen: 20 });
  });

  book.clause('I3', 'pages before one another show all of it once', async () => {
    const stage = await bench.stage();
    await stage.counted(['g1']);
    const sent: string[] = [];
    for (let i = 0; i < 60; i += 1) {
      const to = i % 3 === 0 ? 'me' : i % 3 === 1 ? 'all' : { group: 'g1' };
      sent.push(await stage.send(to));
    }
    const inbox = stage.inbox();
    const listed: string[] = [];
    let before: string | undefined;
    do {
      const page = await inbox.list({ limit: 7, before });
      expect(page.items.length).toBeLessThanOrEqual(7);
      listed.push(...idsOf(page));
      // What comes meanwhile is not among the older.
      await stage.send('me');
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(listed).toEqual(sent.toReversed());
  });

  book.clause('I3', 'what is newer than a cursor, and nothing else', async () => {
    const stage = await bench.stage();
    await stage.sendMany(3);
    const { cursor } = await stage.inbox().list();
    expect(await stage.ids({ after: cursor })).toEqual([]);
    const sent = await stage.sendMany(5);
    const inbox = stage.inbox();
    const page = await inbox.list({ after: cursor, limit: 3 });
    expect(idsOf(page)).toEqual(sent.slice(2).toReversed());
    const rest = await inbox.list({ after: cursor, before: page.next ?? '', limit: 3 });
    expect([idsOf(rest), rest.next]).toEqual([sent.slice(0, 2).toReversed(), null]);
  });

  book.clause('I4', 'a stream goes on exactly where a page ends', async () => {
    const stage = await bench.stage();
    const node = stage.nodes[0];
    const groups = ['g1'];
    await stage.counted(groups);
    for (let round = 0; round < 5; round += 1) {
      const sending = Promise.all([
        stage.sendMany(6),
        stage.sendMany(6, { group: 'g1' }),
        stage.inbox().markSeen({ all: true }),
      ]);
      const page = await stage.inbox(groups).list({ limit: 100 });
      await sending;
      const last = await stage.send('me');
      const device = await new Device().attach(node, stage.userId, groups, page.cursor);
      await stage.eventually(() => {
        expect(device.notifications.map(({ id }) => id)).toContain(last);
      });
      const all = await stage.ids({ limit: 100 });
      await stage.eventually(() => {
        const streamed = device.notifications.filter(({ type }) => type === 'news');
        const ids = [...idsOf(page), ...streamed.map(({ id }) => id)];
        expect(ids.toSorted()).toEqual([...all].toSorted());
      });
      expect(device.changes.map(({ offset }) => offset)).toEqual(
        device.changes.map((_, i) => page.counts.position.offset + 1 + i),
      );
    }
  });

  book.clause('I5', 'only what is kept is listed and counted', async () => {
    const stage = await bench.stage({}, { tuning: { retention: { maxCount: 4 } } });
    const sent = await stage.sendMany(10);
    expect(await stage.counted()).toEqual([4, 4]);
    expect(await stage.ids()).toEqual(sent.slice(6).toReversed());
    await stage.inbox().markRead({ ids: sent });
    expect(await stage.counted()).toEqual([0, 0]);
    await stage.send();
    expect(await stage.counted()).toEqual([1, 1]);
  });

  book.clause('I5', 'no more than `maxItems` of a channel are in the inbox', async () => {
    const stage = await bench.stage({ maxItems: 3 });
    const sent = await stage.sendMany(8);
    expect(await stage.counted()).toEqual([3, 3]);
    expect(await stage.ids()).toEqual(sent.slice(5).toReversed());
  });

  book.clause('I5', 'what has expired is gone from the counts', async () => {
    const stage = await bench.stage({}, { tuning: { retention: { maxAgeMs: 300 } } });
    const inbox = stage.inbox();
    await stage.sendMany(3);
    await stage.eventually(async () => expect(await stage.counted()).toEqual([0, 0]));
    expect(idsOf(await inbox.list())).toEqual([]);
  });
}
