import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import { isDuplicateKey } from './driver-errors.js';
import type { ServerClock } from './server-clock.js';

/** Who relays a shard of the outbox, and until when, by the server's clock. */
export interface LeaseDocument {
  /** The shard. */
  readonly _id: string;
  readonly lease?: string;
  readonly freeAt: number;
}

/**
 * Keeps relays out of one another's way, for a bounded time: nothing depends on it but that work is not done in
 * vain. That a draft is appended once and in order, the log sees to.
 */
export class ShardLeases {
  readonly #leases: Collection<LeaseDocument>;
  readonly #clock: ServerClock;
  readonly #leaseMs: number;

  constructor(leases: Collection<LeaseDocument>, clock: ServerClock, leaseMs: number) {
    this.#leases = leases;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** For one call of `relay`. */
  newLease(): string {
    return randomUUID();
  }

  /** Whether the shard was free, and is ours now. */
  async take(shard: string, lease: string): Promise<boolean> {
    const now = await this.#clock.now();
    try {
      await this.#leases.updateOne(
        { _id: shard, freeAt: { $lte: now } },
        { $set: { lease, freeAt: now + this.#leaseMs } },
        { upsert: true },
      );
      return true;
    } catch (error) {
      // One that is not free is not found by the filter, and cannot be made anew.
      if (!isDuplicateKey(error)) throw error;
      return false;
    }
  }

  async giveBack(lease: string): Promise<void> {
    await this.#leases.updateMany({ lease }, { $set: { freeAt: 0 }, $unset: { lease: '' } });
  }
}
