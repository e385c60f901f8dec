import { z } from 'zod';
import { OldestFirst } from '../collections/oldest-first.js';
import { NotifyError } from '../errors/notify-error.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { DueWork } from '../ports/due-work.js';
import type {
  AppendOutcome,
  ChannelState,
  Draft,
  LogPage,
  ReadRequest,
  Store,
} from '../ports/store.js';
import { newEpoch } from '../positions/new-epoch.js';
import { isCutBefore, originPosition, type Position, samePosition } from '../positions/position.js';
import { type RetentionOptions, retentionOf, retentionSchema } from '../retention/retention.js';
import { IdempotencyWindow } from './idempotency-window.js';
import { MemoryDueWork } from './memory-due-work.js';
import { MemoryLog, originPage } from './memory-log.js';
import { MemoryOutbox } from './memory-outbox.js';

/** Options of {@link memoryStore}. All are limits, so that its memory is bounded. */
export interface MemoryStoreOptions {
  /** What is kept of the channels' logs. Default: 1,000 notifications, 7 days, 8 MiB per channel. */
  readonly retention?: RetentionOptions;
  /**
   * Channels kept; the one whose last append is longest ago goes first, with its head, and begins
   * a new epoch when it is appended to again. Default 100,000.
   */
  readonly maxChannels?: number;
  /** How long an idempotency key is remembered, in milliseconds. Default 300,000 (5 minutes). */
  readonly idempotencyWindowMs?: number;
  /** Idempotency keys remembered over all channels; the oldest go first. Default 100,000. */
  readonly maxIdempotencyKeys?: number;
  /** Pieces of work that wait; beyond that `schedule` rejects with `LIMIT_EXCEEDED`. Default 100,000. */
  readonly maxDueWork?: number;
  /** Drafts of transactions that wait to be relayed; beyond that `LIMIT_EXCEEDED`. Default 100,000. */
  readonly maxOutboxDrafts?: number;
}

const limit = z.int().min(1);

const optionsSchema = z.strictObject({
  retention: retentionSchema.prefault({}),
  maxChannels: limit.default(100_000),
  idempotencyWindowMs: limit.default(300_000),
  maxIdempotencyKeys: limit.default(100_000),
  maxDueWork: limit.default(100_000),
  maxOutboxDrafts: limit.default(100_000),
});

/**
 * A Store in this process's memory: for one node, for development and for tests.
 * Promises S1 to S16, W1 to W6 with its `dueWork`, and O1 to O7 with its `outbox` over transactions of
 * `memoryTransaction`; it survives nothing. It has no timers: expired idempotency keys are forgotten
 * at the next keyed append, notifications that are too old when their channel is next used. After `close` every call rejects with `CLOSED`.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(resolveOptions(optionsSchema, options, 'memoryStore'));
}

class MemoryStore implements Store {
  readonly shared = false;
  readonly dueWork: DueWork;
  readonly outbox: MemoryOutbox;
  readonly #options: z.output<typeof optionsSchema>;
  readonly #idempotency: IdempotencyWindow;
  /** In the order of the last append. */
  readonly #logs = new OldestFirst<string, MemoryLog>();
  #closed = false;

  constructor(options: z.output<typeof optionsSchema>) {
    this.#options = options;
    const { idempotencyWindowMs, maxIdempotencyKeys, maxDueWork } = options;
    this.#idempotency = new IdempotencyWindow(idempotencyWindowMs, maxIdempotencyKeys);
    this.dueWork = new MemoryDueWork(maxDueWork, () => this.#mustBeOpen());
    this.outbox = new MemoryOutbox({
      maxDrafts: options.maxOutboxDrafts,
      append: (draft) => this.#appendOne(draft),
      mustBeOpen: () => this.#mustBeOpen(),
    });
  }

  async start(): Promise<void> {
    this.#mustBeOpen();
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    this.#mustBeOpen();
    return drafts.map((draft) => this.#appendOne(draft));
  }

  async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    this.#mustBeOpen();
    return requests.map((request) => {
      const log = this.#logs.get(request.channel);
      return log?.readAfter(request) ?? originPage;
    });
  }

  async positions(channels: readonly string[]): Promise<readonly Position[]> {
    this.#mustBeOpen();
    return channels.map((channel) => this.#logs.get(channel)?.head ?? originPosition);
  }

  async states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    this.#mustBeOpen();
    return channels.map((channel) => {
      const log = this.#logs.get(channel);
      return { position: log?.head ?? originPosition, stateJson: log?.stateJson ?? null };
    });
  }

  async renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    this.#mustBeOpen();
    const log = this.#logs.get(channel);
    if (log === undefined) return originPosition;
    if (log.head.epoch === expectedEpoch) log.renewEpoch(newEpoch());
    return log.head;
  }

  async drain(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true;
    this.outbox.close();
    this.#logs.clear();
  }

  #appendOne(draft: Draft): AppendOutcome {
    const { channel, idempotency } = draft;
    if (idempotency === undefined) return this.#appendFresh(draft);
    const first = this.#idempotency.find(channel, idempotency.key);
    if (first === undefined) {
      const outcome = this.#appendFresh(draft);
      if (outcome.status === 'failed') return outcome;
      this.#idempotency.remember(idempotency.key, idempotency.digest, outcome.envelope);
      return outcome;
    }
    if (first.digest === idempotency.digest)
      return { status: 'duplicate', envelope: first.envelope };
    const message = `the idempotency key was used on ${channel} for another content`;
    return { status: 'failed', error: new NotifyError('IDEMPOTENCY_CONFLICT', message) };
  }

  #appendFresh(draft: Draft): AppendOutcome {
    const { channel, change } = draft;
    const head = this.#logs.get(channel)?.head ?? originPosition;
    if (change !== undefined && !samePosition(head, change.from)) {
      const message = `${channel} was changed meanwhile`;
      return { status: 'failed', error: new NotifyError('HEAD_MOVED', message) };
    }
    return { status: 'appended', envelope: this.#logFor(draft).append(draft) };
  }

  #logFor({ channel, floor }: Draft): MemoryLog {
    const { retention, maxChannels } = this.#options;
    const log =
      this.#logs.get(channel) ?? new MemoryLog(newEpoch(), retentionOf(channel, retention));
    if (floor !== undefined && isCutBefore(log.head, floor)) log.renewEpoch(newEpoch());
    this.#logs.set(channel, log);
    const oldest = this.#logs.size > maxChannels ? this.#logs.oldest() : undefined;
    if (oldest !== undefined) this.#logs.delete(oldest[0]);
    return log;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new NotifyError('CLOSED', 'the memory store is closed');
  }
}
