import {
  type Draft,
  NO_EPOCH,
  originPosition,
  type Position,
  type Store,
  type StoredEnvelope,
  tagOf,
} from '@realtime-notify/core';
import { expect } from 'vitest';
import { sampleDraft } from '../samples.js';
import { asStored } from './outcomes.js';

interface ModelDraft {
  readonly channel: number;
  readonly key: string | undefined;
  readonly content: string;
}

/** What the model keeps of each channel. */
export interface ModelRetention {
  readonly maxCount: number;
  readonly maxBytes: number;
}

interface ModelRead {
  readonly channel: number;
  readonly after: number;
  readonly limit: number;
}

/** One step of a random sequence. */
export type Operation =
  | { readonly op: 'append'; readonly drafts: readonly ModelDraft[] }
  | { readonly op: 'read'; readonly requests: readonly ModelRead[] }
  | { readonly op: 'positions' }
  | { readonly op: 'renew'; readonly channel: number; readonly stale: boolean };

interface ModelLog {
  readonly channel: string;
  epoch: string;
  readonly drafts: Draft[];
  readonly keys: Map<string, { digest: string; envelope: StoredEnvelope }>;
}

/**
 * What a store is, said plainly: a list of drafts per channel. Epochs are the store's choice: the
 * model learns one when a log begins or is renewed, and demands it from then on.
 */
export class StoreModel {
  readonly #logs: readonly ModelLog[];
  readonly #kept: ModelRetention;

  constructor(channels: readonly string[], kept: ModelRetention) {
    this.#logs = channels.map((channel) => {
      return { channel, epoch: NO_EPOCH, drafts: [], keys: new Map() };
    });
    this.#kept = kept;
  }

  /** Does the step on the store and on the model, and compares. */
  async check(store: Store, step: Operation): Promise<void> {
    if (step.op === 'append') return this.#append(store, step.drafts);
    if (step.op === 'read') return this.#read(store, step.requests);
    if (step.op === 'renew') return this.#renew(store, this.#log(step.channel), step.stale);
    const positions = await store.positions(this.#logs.map(({ channel }) => channel));
    expect(positions).toEqual(this.#logs.map(headOf));
  }

  async #append(store: Store, steps: readonly ModelDraft[]): Promise<void> {
    const drafts = steps.map(({ channel, key, content }) => {
      const idempotency = key === undefined ? {} : { idempotency: { key, digest: content } };
      return sampleDraft(this.#log(channel).channel, { dataJson: content, ...idempotency });
    });
    const outcomes = await store.append(drafts);
    expect(outcomes).toHaveLength(drafts.length);
    for (const [i, draft] of drafts.entries()) {
      const log = this.#log(steps[i]?.channel ?? 0);
      const outcome = outcomes[i];
      const first = draft.idempotency && log.keys.get(draft.idempotency.key);
      if (first === undefined) {
        if (outcome?.status === 'appended' && log.epoch === NO_EPOCH) {
          log.epoch = outcome.envelope.epoch;
        }
        expect(log.epoch).not.toBe(NO_EPOCH);
        log.drafts.push(draft);
        const envelope = asStored(log.drafts, log.epoch).at(-1);
        expect(outcome).toEqual({ status: 'appended', envelope });
        if (draft.idempotency && envelope) {
          log.keys.set(draft.idempotency.key, { digest: draft.idempotency.digest, envelope });
        }
      } else if (first.digest === draft.idempotency?.digest) {
        expect(outcome).toEqual({ status: 'duplicate', envelope: first.envelope });
      } else {
        expect(outcome).toMatchObject({
          status: 'failed',
          error: { code: 'IDEMPOTENCY_CONFLICT' },
        });
      }
    }
  }

  async #read(store: Store, steps: readonly ModelRead[]): Promise<void> {
    const requests = steps.map((step) => ({ ...step, channel: this.#log(step.channel).channel }));
    const pages = await store.readAfter(requests);
    const expected = steps.map(({ channel, after, limit }) => {
      const log = this.#log(channel);
      const logStart = this.#logStart(log);
      const items = asStored(log.drafts, log.epoch)
        .filter(({ offset }) => offset > after && offset >= logStart)
        .slice(0, limit);
      return { items, logStart, head: headOf(log) };
    });
    expect(pages).toEqual(expected);
  }

  async #renew(store: Store, log: ModelLog, stale: boolean): Promise<void> {
    const before = log.epoch;
    const answer = await store.renewEpoch(log.channel, stale ? 'stale1' : before);
    if (!stale && before !== NO_EPOCH) {
      expect(answer.epoch).not.toBe(before);
      log.epoch = answer.epoch;
    }
    expect(answer).toEqual(headOf(log));
  }

  #logStart({ drafts }: ModelLog): number {
    const { maxCount, maxBytes } = this.#kept;
    let start = Math.max(1, drafts.length + 1 - maxCount);
    const bytesFrom = (offset: number): number =>
      drafts.slice(offset - 1).reduce((sum, { dataJson }) => sum + Buffer.byteLength(dataJson), 0);
    while (start < drafts.length && bytesFrom(start) > maxBytes) start += 1;
    return start;
  }

  #log(index: number): ModelLog {
    const log = this.#logs[index];
    if (log === undefined) throw new Error(`the model has no channel ${index}`);
    return log;
  }
}

function headOf({ epoch, drafts }: ModelLog): Position {
  const last = drafts.at(-1);
  if (last === undefined) return originPosition;
  return { epoch, offset: drafts.length, tag: tagOf(last.id) };
}
