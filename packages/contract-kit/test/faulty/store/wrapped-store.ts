import { type StoreTuning, storeContract } from '@realtime-notify/contract-kit';
import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type LogPage,
  memoryStore,
  type Position,
  type ReadRequest,
  type RetentionOptions,
  type Store,
} from '@realtime-notify/core';

/** A store that does all as the one inside; faults override a method. */
export class WrappedStore implements Store {
  readonly shared: boolean = false;
  protected readonly tuning: StoreTuning;
  readonly #inner: Store;

  constructor(inner: Store, tuning: StoreTuning = {}) {
    this.#inner = inner;
    this.tuning = tuning;
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return this.#inner.append(drafts);
  }

  readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return this.#inner.readAfter(requests);
  }

  positions(channels: readonly string[]): Promise<readonly Position[]> {
    return this.#inner.positions(channels);
  }

  states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    return this.#inner.states(channels);
  }

  renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    return this.#inner.renewEpoch(channel, expectedEpoch);
  }

  drain(): Promise<void> {
    return this.#inner.drain();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/**
 * Runs the store contract against memory stores with a fault around each.
 * @param mistake - what the store inside makes of the retention that it was given
 */
export function memoryStoreContract(
  Faulty: new (inner: Store, tuning?: StoreTuning) => Store,
  mistake: (given: RetentionOptions) => RetentionOptions = (given) => given,
): void {
  storeContract({
    name: Faulty.name,
    shared: false,
    create: (tuning = {}) => {
      const retention = mistake(tuning.retention ?? {});
      return new Faulty(memoryStore({ ...tuning, retention }), tuning);
    },
    patienceMs: 2_000,
  });
}
