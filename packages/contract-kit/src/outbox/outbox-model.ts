import type { OutboxDraft } from '@realtime-notify/core';

interface Put {
  readonly draft: OutboxDraft;
  readonly transaction: number;
  readonly at: number;
}

/** What transactions put and when they ended, to judge the logs that come of it. */
export class OutboxModel {
  readonly #puts: Put[] = [];
  readonly #committedAt = new Map<number, number>();
  #now = 0;

  put(transaction: number, drafts: readonly OutboxDraft[]): void {
    this.#now += 1;
    for (const draft of drafts) this.#puts.push({ draft, transaction, at: this.#now });
  }

  commit(transaction: number): void {
    this.#now += 1;
    this.#committedAt.set(transaction, this.#now);
  }

  /** How many notifications the logs must hold in the end. */
  get committed(): number {
    return this.#puts.filter(({ transaction }) => this.#committedAt.has(transaction)).length;
  }

  /** What is wrong with a channel's log; undefined where nothing is. */
  faultOf(channel: string, log: readonly string[]): string | undefined {
    const puts = this.#puts.filter(
      ({ draft, transaction }) => draft.channel === channel && this.#committedAt.has(transaction),
    );
    const expected = puts.map(({ draft }) => draft.id).toSorted();
    if (expected.join() !== log.toSorted().join()) {
      return `${log.length} instead of ${expected.length} notifications, or others`;
    }
    const places = new Map(log.map((id, place) => [id, place]));
    for (const [i, later] of puts.entries()) {
      const earlier = puts.slice(0, i).filter((put) => this.#comesBefore(put, later));
      const place = places.get(later.draft.id) ?? -1;
      if (earlier.some(({ draft }) => (places.get(draft.id) ?? -1) > place)) {
        return `${later.draft.id} stands before what was put or committed earlier`;
      }
    }
    return undefined;
  }

  #comesBefore(earlier: Put, later: Put): boolean {
    if (earlier.transaction === later.transaction) return true;
    const committedAt = this.#committedAt.get(earlier.transaction);
    return committedAt !== undefined && committedAt < later.at;
  }
}
