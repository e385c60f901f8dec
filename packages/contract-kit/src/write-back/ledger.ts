import {
  type AppendOutcome,
  type LoggedDraft,
  NotifyError,
  type Replay,
} from '@realtime-notify/core';
import { sampleEnvelope } from '../samples.js';

/** One call of a replay. */
export interface ReplayCall {
  /** Whose it was. */
  readonly node: string;
  readonly drafts: readonly LoggedDraft[];
}

/**
 * What stands for the store: keeps what nodes replay, once by its idempotency key, and what they asked for. It can
 * be down, and refuse single drafts.
 */
export class Ledger {
  readonly calls: ReplayCall[] = [];
  isDown = false;
  /** Awaited in each call before anything is kept. */
  before: (call: ReplayCall) => Promise<void> = async () => {};
  /** Why a draft is refused. */
  refusal: (draft: LoggedDraft) => NotifyError | undefined = () => undefined;
  /** Channels that two calls had in hand at the same time. */
  readonly contested = new Set<string>();
  readonly #kept = new Map<string, LoggedDraft[]>();
  readonly #keys = new Set<string>();
  readonly #inHand = new Map<string, number>();

  /** What a node is started with. */
  replayOf(node: string): Replay {
    return async (drafts) => {
      const call = { node, drafts };
      this.calls.push(call);
      const channels = new Set(drafts.map(({ channel }) => channel));
      for (const channel of channels) this.#hold(channel, 1);
      try {
        await this.before(call);
        const failed = new Map<string, AppendOutcome>();
        return drafts.map((draft) => {
          // As the notifier does it: nothing is kept before what is ahead of it.
          const outcome = failed.get(draft.channel) ?? this.#keep(draft);
          if (outcome.status === 'failed' && outcome.error.retryable) {
            failed.set(draft.channel, outcome);
          }
          return outcome;
        });
      } finally {
        for (const channel of channels) this.#hold(channel, -1);
      }
    };
  }

  /** What is kept of a channel, in its order. */
  of(channel: string): readonly LoggedDraft[] {
    return this.#kept.get(channel) ?? [];
  }

  idsOf(channel: string): readonly string[] {
    return this.of(channel).map(({ id }) => id);
  }

  /** In how many calls a draft was. */
  timesReplayed({ id }: LoggedDraft): number {
    return this.calls.filter(({ drafts }) => drafts.some((draft) => draft.id === id)).length;
  }

  #keep(draft: LoggedDraft): AppendOutcome {
    const { channel, idempotency } = draft;
    const down = this.isDown ? unavailable() : undefined;
    const error = down ?? this.refusal(draft);
    if (error !== undefined) return { status: 'failed', error };
    const kept = this.#kept.get(channel) ?? [];
    this.#kept.set(channel, kept);
    const key = JSON.stringify([channel, idempotency?.key]);
    const isNew = !this.#keys.has(key);
    this.#keys.add(key);
    if (isNew) kept.push(draft);
    const envelope = { ...sampleEnvelope(channel), id: draft.id, epoch: 'e1', offset: kept.length };
    return { status: isNew ? 'appended' : 'duplicate', envelope };
  }

  #hold(channel: string, by: number): void {
    const count = (this.#inHand.get(channel) ?? 0) + by;
    this.#inHand.set(channel, count);
    if (count > 1) this.contested.add(channel);
  }
}

export function unavailable(): NotifyError {
  return new NotifyError('STORE_UNAVAILABLE', 'the ledger is down');
}
