import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { Device } from './device.js';
import { type InboxTheme, idsOf } from './inbox-harness.js';

export function markingTheme({ book, bench }: InboxTheme): void {
  book.clause('I6', 'seen, read, unread, archived, removed: each as it says', async () => {
    const stage = await bench.stage();
    const inbox = stage.inbox();
    const [a = '', b = '', c = '', d = ''] = await stage.sendMany(4);
    expect(await inbox.markSeen({ ids: [a, b] })).toMatchObject({ unread: 4, unseen: 2 });
    expect(await inbox.markRead({ ids: [a, c] })).toMatchObject({ unread: 2, unseen: 1 });
    expect(await stage.ids({ unread: true })).toEqual([d, b]);
    expect(await inbox.markUnread({ ids: [a] })).toMatchObject({ unread: 3, unseen: 1 });
    expect(await inbox.archive({ ids: [a, d] })).toMatchObject({ unread: 1, unseen: 0 });
    expect(await stage.ids()).toEqual([c, b]);
    expect(await stage.ids({ archived: true })).toEqual([d, a]);
    expect(await inbox.unarchive({ ids: [d] })).toMatchObject({ unread: 2, unseen: 1 });
    expect(await inbox.remove({ ids: [d, b] })).toMatchObject({ unread: 0, unseen: 0 });
    expect(await stage.ids()).toEqual([c]);
    const { items } = await inbox.list();
    expect(items).toMatchObject([{ seen: true, read: true, archived: false }]);
  });

  book.clause('I6', 'all, and all up to where a client stands', async () => {
    const stage = await bench.stage();
    const inbox = stage.inbox(['g1']);
    await inbox.counts();
    await stage.sendMany(3);
    await stage.send({ group: 'g1' });
    const { cursor } = await inbox.list();
    const late = [await stage.send(), await stage.send({ group: 'g1' })];
    expect(await inbox.markRead({ upTo: cursor })).toMatchObject({ unread: 2, unseen: 2 });
    expect(await stage.ids({ unread: true })).toEqual(late.toReversed());
    expect(await inbox.markRead({ all: true })).toMatchObject({ unread: 0, unseen: 0 });
    expect(await inbox.markUnread({ all: true })).toMatchObject({ unread: 6, unseen: 0 });
    expect(await inbox.remove({ all: true })).toMatchObject({ unread: 0 });
    expect(await stage.ids()).toEqual([]);
  });

  book.clause('I6', 'what changes nothing is not told and moves no version', async () => {
    const stage = await bench.stage();
    const inbox = stage.inbox();
    const [a = ''] = await stage.sendMany(2);
    const { position } = await inbox.markRead({ ids: [a] });
    expect((await inbox.markRead({ ids: [a] })).position).toEqual(position);
    expect((await inbox.markSeen({ ids: [a, randomUUID()] })).position).toEqual(position);
    expect((await inbox.unmute('news')).position).toEqual(position);
    expect((await inbox.markRead({ all: true })).position.offset).toBe(position.offset + 1);
    expect((await inbox.markRead({ all: true })).position.offset).toBe(position.offset + 1);
  });

  book.clause('I6', 'the ids of others do nothing', async () => {
    const stage = await bench.stage();
    const node = stage.nodes[0];
    const sent = await node.notify({ to: { user: 'other' }, type: 'news', data: { n: 1 } });
    const own = await stage.send();
    await stage.inbox().remove({ ids: [sent.id] });
    expect(await stage.ids()).toEqual([own]);
    expect(idsOf(await node.inbox('other').list({ limit: 1 }))).toEqual([sent.id]);
  });

  book.clause('I7', 'a muted type is neither listed nor counted until it is unmuted', async () => {
    const stage = await bench.stage();
    const inbox = stage.inbox();
    const news = await stage.send('me', 'news');
    const promo = await stage.send('all', 'promo');
    expect(await stage.counted()).toEqual([1, 1]);
    const more = await stage.send('me', 'promo');
    expect(await inbox.mute('promo')).toMatchObject({ unread: 1, unseen: 1 });
    expect(await stage.ids()).toEqual([news]);
    expect((await inbox.list()).muted).toEqual(['promo']);
    expect(await stage.ids({ types: ['promo'] })).toEqual([more]);
    expect(await inbox.markRead({ ids: [news] })).toMatchObject({ unread: 0 });
    expect(await inbox.unmute('promo')).toMatchObject({ unread: 1, unseen: 1 });
    expect(await stage.ids()).toEqual([more, news]);
    expect(promo).not.toBe(more);
  });

  book.clause('I8', 'every change is told to every device, in order, with its counts', async () => {
    const stage = await bench.stage();
    const inbox = stage.inbox();
    const devices = [await stage.device(), await stage.device()];
    const [a = '', b = ''] = await stage.sendMany(2);
    const results = [
      await inbox.markSeen({ all: true }),
      await inbox.markRead({ ids: [a] }),
      await inbox.archive({ ids: [b] }),
      await inbox.mute('promo'),
    ];
    for (const device of devices) {
      const changes = await stage.eventually(() => {
        const told = device.changes.filter(({ action }) => action !== 'joined');
        expect(told).toHaveLength(results.length);
        return told;
      });
      expect(changes.map(({ action }) => action)).toEqual(['seen', 'read', 'archived', 'muted']);
      for (const [i, { unread, unseen, at, offset }] of changes.entries()) {
        expect({ unread, unseen, at }).toEqual({
          unread: results[i]?.unread,
          unseen: results[i]?.unseen,
          at: results[i]?.at,
        });
        expect(offset).toBe(results[i]?.position.offset);
      }
      expect(changes[1]).toMatchObject({ ids: [a] });
      expect(changes[3]).toMatchObject({ type: 'promo' });
    }
  });

  book.clause('I8', 'a device that was away is told what it missed', async () => {
    const stage = await bench.stage();
    const inbox = stage.inbox();
    const { cursor } = await inbox.list();
    const [a = ''] = await stage.sendMany(1);
    await inbox.markRead({ ids: [a] });
    const device = await new Device().attach(stage.nodes[0], stage.userId, [], cursor);
    await stage.eventually(() => {
      expect(device.changes).toMatchObject([{ action: 'read', ids: [a], unread: 0 }]);
    });
  });

  book.clause('I9', 'of changes by several nodes at once none is lost', async () => {
    const stage = await bench.stage({}, { nodes: 4 });
    const sent = await stage.sendMany(24);
    await Promise.all(
      sent.map((id, i) =>
        stage.inbox([], i % 4)[i % 2 === 0 ? 'markRead' : 'archive']({ ids: [id] }),
      ),
    );
    for (const node of [0, 1, 2, 3]) {
      expect(await stage.inbox([], node).counts()).toMatchObject({ unread: 0, unseen: 0 });
      const { items } = await stage.inbox([], node).list({ limit: 100, archived: true });
      expect(items).toHaveLength(12);
    }
  });

  book.clause('I10', 'what is kept for a user stays small, whatever is marked', async () => {
    const stage = await bench.stage({ maxItems: 32 });
    const inbox = stage.inbox(['g1']);
    await inbox.counts();
    for (let i = 0; i < 50; i += 1) {
      const ids = [await stage.send(), await stage.send({ group: 'g1' })];
      if (i % 2 === 0) await inbox.markRead({ ids });
      if (i % 3 === 0) await inbox.archive({ ids });
    }
    expect(await stage.counted()).toEqual([22, 22]);
  });
}
