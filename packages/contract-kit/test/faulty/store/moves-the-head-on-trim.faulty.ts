import type { LogPage, Position, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Says that a trimmed log is as long as what is left of it. */
class MovesTheHeadOnTrim extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    return pages.map((page) => ({ ...page, head: this.#moved(page.head) }));
  }

  override async positions(channels: readonly string[]): Promise<readonly Position[]> {
    return (await super.positions(channels)).map((position) => this.#moved(position));
  }

  #moved(head: Position): Position {
    return {
      ...head,
      offset: Math.min(head.offset, this.tuning.retention?.maxCount ?? head.offset),
    };
  }
}

memoryStoreContract(MovesTheHeadOnTrim);
