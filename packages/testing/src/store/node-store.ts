import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type DueWork,
  type LogPage,
  NotifyError,
  type Outbox,
  type Position,
  type ReadRequest,
  type Store,
} from '@realtime-notify/core';
import type { SharedStore } from './shared-store.js';

/** Has a call done by the server, in its time. */
export type Serve = <Answer>(work: () => Answer | Promise<Answer>) => Promise<Answer>;

/** One node's way to the store that all share. */
export class NodeStore implements Store {
  readonly shared = true;
  readonly dueWork: DueWork;
  readonly outbox: Outbox;
  readonly #server: SharedStore;
  readonly #serve: Serve;
  readonly #underWay = new Set<Promise<unknown>>();
  #started = false;
  #closed = false;
  #close: (error: NotifyError) => void = () => {};
  readonly #closing = new Promise<never>((_, reject) => {
    this.#close = reject;
  });

  /** @param serve - how calls reach it; default: with its faults alone */
  constructor(server: SharedStore, serve: Serve = (work) => server.serve(work)) {
    this.#server = server;
    this.#serve = serve;
    this.#closing.catch(() => {});
    this.dueWork = {
      schedule: (work) => this.#call(() => server.dueWork.schedule(work)),
      take: (limit, leaseMs) => this.#call(() => server.dueWork.take(limit, leaseMs)),
      finish: (work) => this.#call(() => server.dueWork.finish(work)),
      postpone: (work, afterMs, workJson) =>
        this.#call(() => server.dueWork.postpone(work, afterMs, workJson)),
      cancel: (keys) => this.#call(() => server.dueWork.cancel(keys)),
    };
    this.outbox = {
      put: (session, drafts) => this.#call(() => server.outbox.put(session, drafts)),
      relay: (maxDrafts) => this.#call(() => server.outbox.relay(maxDrafts)),
      watch: (due) => this.#watch(due),
    };
  }

  async start(): Promise<void> {
    if (this.#closed) throw closedError();
    await this.#ask(() => undefined);
    this.#started = true;
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

  /** A commit is told as a call is answered: in its time, or never. */
  #watch(due: () => void): () => void {
    return this.#server.outbox.watch(() => {
      this.#call(() => undefined).then(due, () => {});
    });
  }

  async #call<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw closedError();
    if (!this.#started) throw new NotifyError('NOT_STARTED', 'the store is not started');
    return this.#ask(work);
  }

  async #ask<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
    const served = this.#serve(work);
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
