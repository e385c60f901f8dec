import type { Audience } from '../channels/audience.js';
import type { NotifyError } from '../errors/notify-error.js';

/**
 * What `notify` does with a notification that cannot be stored because the store is down. `reject`: it
 * rejects with `STORE_UNAVAILABLE`, which is retryable. `buffer`: it resolves with `buffered`, and the
 * notification waits in this process's memory until it can be stored. `log`: the same, but it waits in the
 * `writeBack` log, and outlives this process.
 */
export type WhenStoreDown = 'reject' | 'buffer' | 'log';

/** What is to be sent, to whom, and how. */
export interface NotifyRequest<Type extends string = string, Data = unknown> {
  readonly to: Audience;
  readonly type: Type;
  readonly data: Data;
  /**
   * Makes retries safe: the same key for the same content on the same channel within the store's window
   * gives one notification. 1 to 200 characters.
   */
  readonly idempotencyKey?: string | undefined;
  /** False: not stored, shown only to who is connected, at most once. Default true. */
  readonly durable?: boolean | undefined;
  /** For `notify`; default the notifier's option. `enqueue` waits anyway. */
  readonly whenStoreDown?: WhenStoreDown | undefined;
  /** W3C trace context, carried to the other nodes. */
  readonly traceparent?: string | undefined;
}

/** What became of a notification. */
export interface NotifyResult {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  /** It is in the store, on every channel of the audience. */
  readonly stored: boolean;
  /**
   * The store is down, or was and this channel's turn has not come: it waits in this process's memory, or in
   * the `writeBack` log, to be stored once, in order. Whether that came about is told by `notified` or
   * `undelivered`, on the node that stored it.
   */
  readonly buffered: boolean;
  /**
   * The broker said in time that it has it. Where it did not, other nodes find a stored notification in
   * the store; an ephemeral one may not reach them at all.
   */
  readonly published: boolean;
  /** All of it was there already: the idempotency key had been used for it. */
  readonly duplicate: boolean;
  /** Where it stands, in the order of the audience; epoch and offset are null where it is not stored. */
  readonly channels: readonly {
    readonly channel: string;
    readonly epoch: string | null;
    readonly offset: number | null;
  }[];
}

/** Makes a notification part of a transaction of the host's. */
export interface NotifyInTransaction {
  /**
   * What the driver of the store's database calls the transaction: a client of pg, a `ClientSession` of
   * mongodb; for a memory store what `memoryTransaction` returns.
   */
  readonly session: unknown;
}

/** A notification that waits for the transaction that it is part of; nobody is shown it before the commit. */
export interface NotifyPending {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly status: 'pending';
  /** Whose logs it goes to, in the order of the audience. */
  readonly channels: readonly string[];
}

/** What became of one of several notifications: what `notify` would have resolved or rejected with. */
export type NotifyOutcome =
  | { readonly status: 'sent'; readonly result: NotifyResult }
  | { readonly status: 'failed'; readonly error: NotifyError };
