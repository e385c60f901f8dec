import type { WriteBackLog } from '@realtime-notify/core';
import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { OutOfBand } from '../out-of-band.js';
import { freshChannel } from '../samples.js';
import {
  door,
  idsOf,
  loggedDraft,
  loggedDrafts,
  type WriteBackTheme,
  watched,
} from './write-back-harness.js';

export function endingTheme({ book, bench }: WriteBackTheme): void {
  const everyCall = async (node: WriteBackLog, code: string): Promise<void> => {
    const failed = { code };
    await expect(node.append([loggedDraft(freshChannel())])).rejects.toMatchObject(failed);
    await expect(node.replayed()).rejects.toMatchObject(failed);
  };

  book.capability('L-AWAY', bench.remote, {
    present: async () => {
      const log = await bench.fragile();
      const node = await log.node('there');
      const [before, after] = [loggedDraft(freshChannel()), loggedDraft(freshChannel())];
      await node.append([before]);
      const thrown = await new OutOfBand().during(async () => {
        await log.goAway();
        await everyCall(node, 'BROKER_UNAVAILABLE');
        const late = await log.node('late');
        await everyCall(late, 'BROKER_UNAVAILABLE');
        await log.comeBack();
        await bench.eventually(() => late.append([after]));
        await bench.eventually(() => late.replayed());
      });
      expect(thrown).toEqual([]);
      for (const draft of [before, after]) {
        expect(log.ledger.idsOf(draft.channel)).toEqual([draft.id]);
      }
    },
    absent: async () => {
      const before = new OpenHandles().sockets;
      const log = await bench.log();
      const node = await log.node();
      await node.append(loggedDrafts(freshChannel(), 3));
      await bench.replayed(node);
      expect(new OpenHandles().sockets).toBeLessThanOrEqual(before);
    },
  });

  book.clause('L-DRAIN', 'what was begun counts, the rest is left to others', async () => {
    const log = await bench.log();
    const held = door();
    log.ledger.before = ({ node }) => (node === 'drained' ? held.passed : Promise.resolve());
    const node = await log.node('drained');
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 4);
    await node.append(drafts.slice(0, 2));
    await bench.eventually(() => expect(log.ledger.calls).toHaveLength(1));
    const draining = watched(node.drain());
    await node.append(drafts.slice(2, 3));
    expect(draining.isSettled).toBe(false);
    held.open();
    await bench.settled(draining.call);
    expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts.slice(0, 2)));
    const calls = log.ledger.calls.length;
    await node.append(drafts.slice(3));
    await log.node('other');
    await bench.eventually(() => expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts)));
    expect(log.ledger.calls.slice(calls).map((call) => call.node)).not.toContain('drained');
    await bench.replayed(node);
  });

  book.clause('L-DRAIN', 'while the replay fails', async () => {
    const log = await bench.log();
    log.ledger.isDown = true;
    const node = await log.node();
    await node.append(loggedDrafts(freshChannel(), 3));
    await bench.eventually(() => expect(log.ledger.calls.length).toBeGreaterThan(1));
    await node.drain();
    const calls = log.ledger.calls.length;
    await node.append(loggedDrafts(freshChannel(), 3));
    expect(log.ledger.calls).toHaveLength(calls);
  });

  book.clause('L-CLOSE', 'also before it was started, and twice', async () => {
    const log = await bench.log();
    const fresh = log.unstarted();
    await everyCall(fresh, 'NOT_STARTED');
    await fresh.drain();
    const node = await log.node();
    await node.append(loggedDrafts(freshChannel(), 1));
    for (const each of [fresh, node]) {
      await each.close();
      await each.close();
      await everyCall(each, 'CLOSED');
      await expect(each.start(undefined)).rejects.toMatchObject({ code: 'CLOSED' });
    }
  });

  book.clause('L-CLOSE', 'who waits for the replay is told', async () => {
    const log = await bench.log();
    const node = await log.appender();
    await node.append(loggedDrafts(freshChannel(), 1));
    const asked = watched(bench.replayed(node));
    const other = await log.appender();
    await other.append(loggedDrafts(freshChannel(), 1));
    expect(asked.isSettled).toBe(false);
    await node.close();
    await expect(bench.settled(asked.call)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  book.clause('L-CLOSE', 'calls under way settle', async () => {
    const log = await bench.log();
    const node = await log.appender();
    const pending = Promise.allSettled(
      Array.from({ length: 5 }, () => node.append(loggedDrafts(freshChannel(), 100))),
    );
    await node.close();
    for (const result of await pending) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CLOSED' });
    }
  });

  book.clause('L-CLOSE', 'nothing is replayed any more', async () => {
    const log = await bench.log();
    log.ledger.isDown = true;
    const node = await log.node('closed');
    await node.append(loggedDrafts(freshChannel(), 3));
    await bench.eventually(() => expect(log.ledger.calls.length).toBeGreaterThan(1));
    await node.close();
    const calls = log.ledger.calls.length;
    log.ledger.isDown = false;
    const other = await log.node('other');
    await other.append(loggedDrafts(freshChannel(), 3));
    await bench.replayed(other);
    expect(log.ledger.calls.slice(calls).map((call) => call.node)).not.toContain('closed');
  });

  book.clause('L-CLOSE', 'no socket and no timer is left', async () => {
    const before = new OpenHandles();
    const log = await bench.log();
    log.ledger.isDown = true;
    // Several, so that a timer of each stands out among those of the test runner.
    for (let i = 0; i < 5; i += 1) {
      const node = await log.node();
      await node.append(loggedDrafts(freshChannel(), 1));
      void node.replayed().catch(() => {});
      await node.close();
    }
    await bench.eventually(() => before.mustCoverAll());
  });
}
