import { expect } from 'vitest';
import { awkwardJson, freshChannel } from '../samples.js';
import { idsOf, loggedDraft, loggedDrafts, type WriteBackTheme } from './write-back-harness.js';

export function keepingTheme({ book, bench }: WriteBackTheme): void {
  book.clause('L1', 'any text, as it is', async () => {
    const log = await bench.log();
    const node = await log.node();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const drafts = awkwardJson.map((dataJson, i) =>
      loggedDraft(freshChannel(`ü {${i}} "x" \\ 你🎉`), {
        ...{ dataJson, type: `type.${i}`, time: 1_700_000_000_000 + i },
        idempotency: { key: `ключ "${i}"`, digest: `digest-${i}` },
        ...(i % 2 === 0 ? { traceparent } : {}),
      }),
    );
    await node.append(drafts);
    for (const draft of drafts) {
      await bench.eventually(() => expect(log.ledger.of(draft.channel)).toEqual([draft]));
    }
  });

  book.clause('L1', 'what was there before anybody replayed, of a node that is gone', async () => {
    const log = await bench.log();
    const gone = await log.appender();
    const drafts = loggedDrafts(freshChannel(), 5);
    await gone.append(drafts);
    await gone.close();
    await log.node();
    await bench.eventually(() => {
      expect(log.ledger.idsOf(drafts[0]?.channel ?? '')).toEqual(idsOf(drafts));
    });
  });

  book.clause('L1', 'what a node had logged that replayed in vain', async () => {
    const log = await bench.log();
    log.ledger.isDown = true;
    const gone = await log.node('gone');
    const drafts = loggedDrafts(freshChannel(), 5);
    await gone.append(drafts);
    await bench.eventually(() => expect(log.ledger.calls).not.toEqual([]));
    await gone.close();
    log.ledger.isDown = false;
    await log.node('other');
    await bench.eventually(() => {
      expect(log.ledger.idsOf(drafts[0]?.channel ?? '')).toEqual(idsOf(drafts));
    });
  });

  book.clause('L1', 'thousands, logged by two nodes at once', async () => {
    const log = await bench.log();
    const nodes = [await log.node(), await log.appender()];
    const channels = Array.from({ length: 20 }, () => freshChannel());
    const appends = channels.map(async (channel, i) => {
      const drafts = loggedDrafts(channel, 100);
      await nodes[i % nodes.length]?.append(drafts);
      return drafts;
    });
    for (const drafts of await Promise.all(appends)) {
      const channel = drafts[0]?.channel ?? '';
      await bench.eventually(() => expect(log.ledger.idsOf(channel)).toEqual(idsOf(drafts)));
    }
  });

  book.clause('L1', 'nothing at all', async () => {
    const log = await bench.log();
    const node = await log.node();
    await node.append([]);
    await bench.replayed(node);
    expect(log.ledger.calls.flatMap(({ drafts }) => drafts)).toEqual([]);
  });
}
