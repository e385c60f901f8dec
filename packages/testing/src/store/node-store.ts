import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type LogPage,
  NotifyError,
  type Position,
  type ReadRequest,
  type Store,
} from '@realtime-notify/core';
import type { SharedStore } from './shared-store.js';

/** One node's way to the store that all share. */
export class NodeStore implements Store {
  readonly shared = true;
  readonly #server: SharedStore;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;
  #close: (error: NotifyError) => void = () => {};
  readonly #closing = new Promise<never>((_, reject) => {
    this.#close = reject;
  });

  constructor(server: SharedStore) {
    this.#server = server;
    this.#closing.catch(() => {});
  }

  async start(): Promise<void> {
    await this.#call(() => undefined);
  }

  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return this.#call(() => drafts.map((draft) => this.#server.append(draft)));
  }

  readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return this.#call(() => requests.map((request) => this.#server.page(request)));
  }

  positions(channels: readonly string[]): Promise<readonly Position[]> {
    return this.#call(() => channels.map((channel) => this.#server.head(channel)));
  }

  states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    return this.#call(() => channels.map((channel) => this.#server.state(channel)));
  }

  renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    return this.#call(() => this.#server.renewEpoch(channel, expectedEpoch));
  }

  async drain(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** What is under way may still be done, but nobody hears of it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#close(closedError());
  }

  async #call<Answer>(work: () => Answer): Promise<Answer> {
    if (this.#closed) throw closedError();
    const served = this.#server.serve(work);
    this.#underWay.add(served);
    try {
      return await Promise.race([served, this.#closing]);
    } finally {
      this.#underWay.delete(served);
    }
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the store is closed');
}
