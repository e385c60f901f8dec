import type { NotifyError } from '@realtime-notify/core';
import { unavailable } from './driver-errors.js';
import { Interest, type SubscriptionWire } from './interest.js';

/** Who carries a partition's subscriptions: the connection to the master that owns its slot. */
export interface PartitionOwner {
  readonly wire: SubscriptionWire;
  readonly isUp: boolean;
}

/** The wanted topics of one partition, which share a slot, and their subscriptions at its owner. */
export class Partition<Owner extends PartitionOwner> {
  readonly number: number;
  readonly slot: number;
  #owner: Owner | undefined;
  #interest = new Interest(nobody);

  constructor(number: number, slot: number) {
    this.number = number;
    this.slot = slot;
  }

  get owner(): Owner | undefined {
    return this.#owner;
  }

  get wanted(): ReadonlySet<string> {
    return this.#interest.wanted;
  }

  /** Why something wanted was refused; undefined if nothing was. */
  get failure(): Error | undefined {
    return this.#interest.failure;
  }

  /** What was subscribed at the former owner is not any more; the new one is told by `restore`. */
  moveTo(owner: Owner | undefined): void {
    this.#owner = owner;
    const { wanted } = this.#interest;
    // Those who wait for the former one's answers get those, and what is wanted goes on being so.
    this.#interest.connectionLost();
    this.#interest = new Interest(owner?.wire ?? nobody, wanted);
  }

  want(topics: readonly string[]): Promise<void> {
    return this.#interest.want(topics);
  }

  unwant(topics: readonly string[]): Promise<void> {
    return this.#interest.unwant(topics);
  }

  restore(): Promise<void> {
    return this.#interest.restore();
  }

  /** Nothing is known to be subscribed any more. */
  interrupted(): void {
    this.#interest.connectionLost();
  }
}

const nobody: SubscriptionWire = {
  subscribe: () => Promise.reject(noOwner()),
  unsubscribe: () => Promise.resolve(),
};

export function noOwner(): NotifyError {
  return unavailable('no master of the Cluster is known to own the slot');
}
