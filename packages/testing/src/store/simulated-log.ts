import {
  type AppendOutcome,
  type Draft,
  isCutBefore,
  type LogPage,
  NotifyError,
  newEpoch,
  originPosition,
  type Position,
  type StoredEnvelope,
  samePosition,
  tagOf,
} from '@realtime-notify/core';

/** What reading a channel without a log gives. */
export const noLog: LogPage = Object.freeze({ items: [], logStart: 1, head: originPosition });

interface First {
  readonly digest: string;
  readonly offset: number;
  readonly item: StoredEnvelope;
}

/** One channel's log, which can lose its end as a store does that comes back from an older copy. */
export class SimulatedLog {
  #epoch = newEpoch();
  readonly #items: StoredEnvelope[] = [];
  /** Of the last item that is not kept any more. */
  #before: Position = originPosition;
  readonly #firsts = new Map<string, First>();
  /** Every state that it was given, in their order. */
  readonly #states: { readonly offset: number; readonly stateJson: string }[] = [];

  get head(): Position {
    const last = this.#items.at(-1);
    if (last === undefined) return { ...this.#before, epoch: this.#epoch };
    return { epoch: this.#epoch, offset: last.offset, tag: tagOf(last.id) };
  }

  get stateJson(): string | null {
    return this.#states.at(-1)?.stateJson ?? null;
  }

  append({ idempotency, floor, change, ...fields }: Draft): AppendOutcome {
    const first = idempotency && this.#firsts.get(idempotency.key);
    if (first === undefined) {
      if (change !== undefined && !this.#standsAt(change.from)) {
        return failed('HEAD_MOVED', `${fields.channel} was changed meanwhile`);
      }
      if (floor !== undefined && isCutBefore(this.head, floor)) this.renewEpoch();
      const { epoch, offset, tag } = this.head;
      const item = Object.freeze({ ...fields, epoch, offset: offset + 1, previousTag: tag });
      this.#items.push(item);
      if (change !== undefined) {
        this.#states.push({ offset: item.offset, stateJson: change.stateJson });
      }
      if (idempotency !== undefined) {
        this.#firsts.set(idempotency.key, { ...idempotency, offset: item.offset, item });
      }
      return { status: 'appended', envelope: item };
    }
    if (first.digest === idempotency?.digest) {
      return { status: 'duplicate', envelope: this.#inThisEpoch(first.item) };
    }
    const message = `the idempotency key was used on ${fields.channel} for another content`;
    return failed('IDEMPOTENCY_CONFLICT', message);
  }

  /** At most `limit` items with a greater offset than `after`. */
  page(after: number, limit: number): LogPage {
    const items = this.#items
      .filter(({ offset }) => offset > after)
      .slice(0, limit)
      .map((item) => this.#inThisEpoch(item));
    return { items, logStart: this.#before.offset + 1, head: this.head };
  }

  renewEpoch(): void {
    this.#epoch = newEpoch();
  }

  /** Forgets the oldest items. */
  trim(count: number): void {
    const [last] = this.#items.splice(0, count).slice(-1);
    if (last !== undefined) this.#before = { ...last, tag: tagOf(last.id) };
  }

  /** Forgets the newest items, and that they ever were. */
  loseTail(count: number): void {
    this.#items.splice(Math.max(0, this.#items.length - count));
    const { offset } = this.head;
    for (const [key, first] of this.#firsts) if (first.offset > offset) this.#firsts.delete(key);
    while ((this.#states.at(-1)?.offset ?? 0) > offset) this.#states.pop();
  }

  /** A log that nothing was appended to yet stands at the origin, whatever epoch it will have. */
  #standsAt(from: Position): boolean {
    return samePosition(this.head.offset === 0 ? originPosition : this.head, from);
  }

  /** What outlived a renewal is read under the log's present epoch. */
  #inThisEpoch(item: StoredEnvelope): StoredEnvelope {
    return item.epoch === this.#epoch ? item : { ...item, epoch: this.#epoch };
  }
}

function failed(code: 'HEAD_MOVED' | 'IDEMPOTENCY_CONFLICT', message: string): AppendOutcome {
  return { status: 'failed', error: new NotifyError(code, message) };
}
