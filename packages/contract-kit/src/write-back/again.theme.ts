import { NotifyError } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel } from '../samples.js';
import { unavailable } from './ledger.js';
import {
  door,
  idsOf,
  loggedDraft,
  loggedDrafts,
  type WriteBackTheme,
} from './write-back-harness.js';

export function againTheme({ book, bench }: WriteBackTheme): void {
  book.clause('L4', 'one that fails for a while goes before what was logged after it', async () => {
    const log = await bench.log();
    const node = await log.node();
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 3);
    const [first, ...later] = drafts;
    if (first === undefined) throw new Error('no draft');
    let left = 3;
    log.ledger.refusal = ({ id }) => {
      if (id !== first.id || left === 0) return undefined;
      left -= 1;
      return unavailable();
    };
    await node.append([first]);
    await bench.eventually(() => expect(log.ledger.timesReplayed(first)).toBeGreaterThan(1));
    for (const draft of later) await node.append([draft]);
    await bench.eventually(() => expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts)));
  });

  book.clause(
    'L4',
    'of what is replayed together only what failed, before what follows',
    async () => {
      const log = await bench.log();
      const node = await log.node();
      const [bad, good] = [freshChannel(), freshChannel()];
      let left = 2;
      log.ledger.refusal = ({ channel }) => {
        if (channel !== bad || left === 0) return undefined;
        left -= 1;
        return unavailable();
      };
      const drafts = [bad, good, bad, good].map((channel) => loggedDraft(channel));
      await node.append(drafts);
      await bench.replayed(node);
      for (const channel of [bad, good]) {
        const own = drafts.filter((draft) => draft.channel === channel);
        expect(log.ledger.idsOf(channel)).toEqual(idsOf(own));
      }
    },
  );

  book.clause('L4', 'a replay that rejects has done nothing', async () => {
    const log = await bench.log();
    const node = await log.node();
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 5);
    let rejections = 0;
    log.ledger.before = async () => {
      rejections += 1;
      if (rejections <= 2) throw new Error('not now');
    };
    await node.append(drafts);
    await bench.replayed(node);
    expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts));
    expect(rejections).toBeGreaterThan(2);
  });

  book.clause(
    'L4',
    'what failed for good is not replayed again, and holds nothing up',
    async () => {
      const log = await bench.log();
      const node = await log.node();
      const channel = freshChannel();
      const drafts = loggedDrafts(channel, 5);
      const bad = drafts[2];
      if (bad === undefined) throw new Error('no draft');
      log.ledger.refusal = ({ id }) =>
        id === bad.id ? new NotifyError('IDEMPOTENCY_CONFLICT', 'another content') : undefined;
      await node.append(drafts);
      await bench.replayed(node);
      const others = drafts.filter((draft) => draft !== bad);
      expect(log.ledger.idsOf(channel)).toEqual(idsOf(others));
      const [next] = loggedDrafts(channel, 1);
      if (next === undefined) throw new Error('no draft');
      await node.append([next]);
      await bench.replayed(node);
      expect(log.ledger.idsOf(channel)).toEqual(idsOf([...others, next]));
      expect(log.ledger.timesReplayed(bad)).toBe(1);
    },
  );

  book.clause('L4', 'another node has what one that is closed was in the middle of', async () => {
    const log = await bench.log();
    const stuck = door();
    log.ledger.before = ({ node }) => (node === 'closed' ? stuck.passed : Promise.resolve());
    const node = await log.node('closed');
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 3);
    await node.append(drafts);
    await bench.eventually(() => expect(log.ledger.calls).toHaveLength(1));
    const closing = node.close();
    stuck.fail(new NotifyError('CLOSED', 'this node is going away'));
    await closing;
    expect(log.ledger.of(channel)).toEqual([]);
    await log.node('other');
    await bench.eventually(() => expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts)));
  });
}
