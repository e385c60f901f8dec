import type { AppendOutcome, Draft, LogPage, Position, ReadRequest } from '@realtime-notify/core';
import { WrappedStore } from './wrapped-store.js';

/** Gives out other offsets than the store inside, the same ones in all its answers. */
export abstract class RenumberingStore extends WrappedStore {
  protected abstract renumber(offset: number): number;

  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outcomes = await super.append(drafts);
    return outcomes.map((outcome) =>
      outcome.status === 'failed'
        ? outcome
        : { ...outcome, envelope: this.#renumbered(outcome.envelope) },
    );
  }

  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    return pages.map(({ items, logStart, head }) => ({
      items: items.map((item) => this.#renumbered(item)),
      logStart: this.renumber(logStart),
      head: this.#renumbered(head),
    }));
  }

  override async positions(channels: readonly string[]): Promise<readonly Position[]> {
    const positions = await super.positions(channels);
    return positions.map((position) => this.#renumbered(position));
  }

  override async renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    return this.#renumbered(await super.renewEpoch(channel, expectedEpoch));
  }

  #renumbered<T extends { readonly offset: number }>(place: T): T {
    return { ...place, offset: this.renumber(place.offset) };
  }
}
