import type { NotifyResult } from '@realtime-notify/core';

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

  forget(channel: string, ids: readonly string[]): void {
    for (const id of ids) this.#gone.add(`${channel} ${id}`);
  }

  /** Whether the store was made to forget it. */
  isGone(channel: string, id: string): boolean {
    return this.#gone.has(`${channel} ${id}`);
  }

  /** Whether the channel's log ever lost what was not its oldest part. */
  wasLost(channel: string): boolean {
    return this.disturbances.some((each) => each.channel === channel && each.what === 'lost');
  }
}
