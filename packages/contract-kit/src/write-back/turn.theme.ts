import { expect } from 'vitest';
import { freshChannel } from '../samples.js';
import { unavailable } from './ledger.js';
import {
  door,
  idsOf,
  loggedDraft,
  loggedDrafts,
  type WriteBackTheme,
  watched,
} from './write-back-harness.js';

export function turnTheme({ book, bench }: WriteBackTheme): void {
  book.clause('L3', 'not while the replay fails', async () => {
    const log = await bench.log();
    const node = await log.node();
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 3);
    log.ledger.isDown = true;
    await node.append(drafts);
    const asked = watched(bench.replayed(node));
    await bench.eventually(() => expect(log.ledger.calls.length).toBeGreaterThan(3));
    expect(asked.isSettled).toBe(false);
    log.ledger.isDown = false;
    await bench.settled(asked.call);
    expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts));
  });

  book.clause('L3', 'not while the last of many is missing', async () => {
    const log = await bench.log();
    const node = await log.node();
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 301);
    const last = drafts.at(-1);
    let isRefused = true;
    log.ledger.refusal = ({ id }) => (isRefused && id === last?.id ? unavailable() : undefined);
    await node.append(drafts);
    const asked = watched(bench.replayed(node));
    await bench.eventually(() => {
      expect(log.ledger.of(channel)).toHaveLength(300);
      expect(log.ledger.timesReplayed(last ?? loggedDraft(channel))).toBeGreaterThan(2);
    });
    expect(asked.isSettled).toBe(false);
    isRefused = false;
    await bench.settled(asked.call);
    expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts));
  });

  book.clause('L3', 'not while the replay is under way', async () => {
    const log = await bench.log();
    const node = await log.node();
    const channels = Array.from({ length: 10 }, () => freshChannel());
    const held = door();
    log.ledger.before = () => held.passed;
    await node.append(channels.map((channel) => loggedDraft(channel)));
    await bench.eventually(() => expect(log.ledger.calls).not.toEqual([]));
    const asked = watched(bench.replayed(node));
    // Another question, and all that it takes to answer it.
    const other = await log.appender();
    await other.append([loggedDraft(freshChannel())]);
    expect(asked.isSettled).toBe(false);
    held.open();
    await bench.settled(asked.call);
    for (const channel of channels) expect(log.ledger.of(channel)).toHaveLength(1);
  });

  book.clause('L3', 'at once where nothing waits, also where much was replayed', async () => {
    const log = await bench.log();
    const node = await log.node();
    await bench.replayed(node);
    await node.append(loggedDrafts(freshChannel(), 20));
    await bench.replayed(node);
    log.ledger.isDown = true;
    const calls = log.ledger.calls.length;
    await bench.replayed(node);
    expect(log.ledger.calls).toHaveLength(calls);
  });

  book.clause('L3', 'asked by several at once, of what each had appended', async () => {
    const log = await bench.log();
    const nodes = [await log.node('a'), await log.node('b')];
    const asked = nodes.map(async (node) => {
      for (let round = 0; round < 10; round += 1) {
        const draft = loggedDraft(freshChannel());
        await node.append([draft]);
        await bench.replayed(node);
        expect(log.ledger.idsOf(draft.channel)).toEqual([draft.id]);
      }
    });
    await Promise.all(asked);
  });

  book.clause('L5', 'it is told when others have replayed', async () => {
    const log = await bench.log();
    const node = await log.appender();
    const channel = freshChannel();
    const drafts = loggedDrafts(channel, 3);
    await node.append(drafts);
    const asked = watched(bench.replayed(node));
    const other = await log.appender();
    await other.append([loggedDraft(freshChannel())]);
    expect(asked.isSettled).toBe(false);
    expect(log.ledger.calls).toEqual([]);
    await log.node('other');
    await bench.settled(asked.call);
    expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts));
  });
}
