import type { LoggedDraft, WriteBackLog } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel } from '../samples.js';
import type { Ledger } from './ledger.js';
import { idsOf, loggedDraft, loggedDrafts, type WriteBackTheme } from './write-back-harness.js';

export function orderTheme({ book, bench }: WriteBackTheme): void {
  const channelsOf = (count: number): readonly string[] =>
    Array.from({ length: count }, () => freshChannel());

  /** Appends to each channel in turn, one call after the other; resolves with all of them. */
  const appendInTurn = async (
    node: WriteBackLog,
    channels: readonly string[],
    rounds: number,
  ): Promise<readonly LoggedDraft[]> => {
    const all: LoggedDraft[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const drafts = channels.map((channel) => loggedDraft(channel));
      await node.append(drafts);
      all.push(...drafts);
    }
    return all;
  };
  const of = (channel: string, drafts: readonly LoggedDraft[]): readonly string[] =>
    idsOf(drafts.filter((draft) => draft.channel === channel));
  const mustHold = (ledger: Ledger, channels: readonly string[], drafts: readonly LoggedDraft[]) =>
    bench.eventually(() => {
      for (const channel of channels) {
        expect(ledger.idsOf(channel)).toEqual(of(channel, drafts));
      }
    });

  book.clause('L2', 'appends one after the other, of several channels', async () => {
    const log = await bench.log();
    const node = await log.node();
    const channels = channelsOf(6);
    log.ledger.isDown = true;
    const drafts = await appendInTurn(node, channels, 40);
    log.ledger.isDown = false;
    await mustHold(log.ledger, channels, drafts);
  });

  book.clause('L2', 'many in one append', async () => {
    const log = await bench.log();
    const node = await log.node();
    const [one, other] = [loggedDrafts(freshChannel(), 300), loggedDrafts(freshChannel(), 300)];
    const mixed = one.flatMap((draft, i) => [draft, other[i] ?? draft]);
    await node.append(mixed);
    await mustHold(log.ledger, [one[0]?.channel ?? '', other[0]?.channel ?? ''], mixed);
  });

  book.clause('L2', 'of each node what it has appended to a channel of both', async () => {
    const log = await bench.log();
    const nodes = [await log.node('a'), await log.node('b')];
    const channels = channelsOf(4);
    const drafts = await Promise.all(nodes.map((node) => appendInTurn(node, channels, 30)));
    await bench.eventually(() => {
      for (const channel of channels) expect(log.ledger.of(channel)).toHaveLength(60);
    });
    for (const channel of channels) {
      for (const own of drafts) {
        const ids = of(channel, own);
        expect(log.ledger.idsOf(channel).filter((id) => ids.includes(id))).toEqual(ids);
      }
    }
  });

  book.clause('L2', 'a channel is in the hands of one node at a time', async () => {
    const log = await bench.log();
    const nodes = [await log.node('a'), await log.node('b'), await log.node('c')];
    const channels = channelsOf(12);
    // Two calls that can overlap do.
    log.ledger.before = () => new Promise((resolve) => setTimeout(resolve, 5));
    const [node] = nodes;
    if (node === undefined) throw new Error('no node');
    const drafts = await appendInTurn(node, channels, 40);
    await mustHold(log.ledger, channels, drafts);
    expect([...log.ledger.contested]).toEqual([]);
  });

  book.clause('L2', 'also while nodes come and go', async () => {
    const log = await bench.log();
    const sender = await log.appender();
    const channels = channelsOf(8);
    log.ledger.before = () => new Promise((resolve) => setTimeout(resolve, 5));
    const appending = appendInTurn(sender, channels, 60);
    const first = await log.node('first');
    const second = await log.node('second');
    await first.close();
    await log.node('third');
    await second.drain();
    await second.close();
    await mustHold(log.ledger, channels, await appending);
  });
}
