import type { NotifyResult, StoredEnvelope } from '@realtime-notify/core';
import { keyOf } from './key-of.js';

/** A loss or a trim, as clients may notice it. */
export interface Disturbance {
  readonly channel: string;
  /** `lost`: another life of the log begins. A number: the log begins there from now on. */
  readonly what: 'lost' | { readonly logStart: number };
  /** How many events each client had seen when it happened. */
  readonly seenBy: readonly number[];
}

/** The reference: what was accepted, what the store was made to forget since, and when. */
export class Ledger {
  readonly accepted: { readonly result: NotifyResult; readonly key: string | undefined }[] = [];
  readonly disturbances: Disturbance[] = [];
  readonly #gone = new Set<string>();

  accept(result: NotifyResult, key: string | undefined): void {
    if (result.stored) this.accepted.push({ result, key });
  }

  forget(channel: string, items: readonly StoredEnvelope[]): void {
    for (const item of items) {
      this.#gone.add(`${channel} ${item.id}`);
      const key = keyOf(item);
      if (key !== undefined) this.#gone.add(`${channel} ${key}`);
    }
  }

  /** Whether the store was made to forget a notification, by its id or its key. */
  isGone(channel: string, name: string): boolean {
    return this.#gone.has(`${channel} ${name}`);
  }

  /** Whether the channel's log ever lost what was not its oldest part. */
  wasLost(channel: string): boolean {
    return this.disturbances.some((each) => each.channel === channel && each.what === 'lost');
  }
}
