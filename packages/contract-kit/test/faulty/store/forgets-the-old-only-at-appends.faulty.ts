import type { AppendOutcome, Draft, LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** What is too old is served for as long as nobody appends. */
class ForgetsTheOldOnlyAtAppends extends WrappedStore {
  readonly #pages = new Map<string, LogPage>();

  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outcomes = await super.append(drafts);
    const channels = [...new Set(drafts.map(({ channel }) => channel))];
    const whole = channels.map((channel) => ({ channel, after: 0, limit: 10_000 }));
    const pages = await super.readAfter(whole);
    for (const [i, page] of pages.entries()) this.#pages.set(channels[i] ?? '', page);
    return outcomes;
  }

  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    return pages.map((page, i) => {
      const { channel = '', after = 0, limit = 0 } = requests[i] ?? {};
      const { items, logStart, head } = this.#pages.get(channel) ?? page;
      // Another append is under way.
      if (head.offset < page.head.offset) return page;
      const later = items.filter(({ offset }) => offset > after).slice(0, limit);
      return {
        items: later.map((item) => ({ ...item, epoch: page.head.epoch })),
        logStart,
        head: page.head,
      };
    });
  }
}

memoryStoreContract(ForgetsTheOldOnlyAtAppends);
