import type { StoredEnvelope } from '../notification/notification.js';
import type {
  AppendOutcome,
  ChannelState,
  Draft,
  LogPage,
  ReadRequest,
  Store,
} from '../ports/store.js';
import { isCutBefore, originPosition, type Position, tagOf } from '../positions/position.js';

interface Log {
  epoch: string;
  logStart: number;
  head: Position;
  items: StoredEnvelope[];
}

/** A store in memory whose logs a test can damage, trim and thin out. */
export class MutableStore implements Store {
  readonly shared = true;
  readonly #logs = new Map<string, Log>();
  #epochs = 0;

  async start(): Promise<void> {}

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return drafts.map((draft) => {
      const { idempotency: _, change: __, floor, ...fields } = draft;
      const log = this.#logs.get(draft.channel) ?? this.#begin(draft.channel);
      if (floor !== undefined && isCutBefore(log.head, floor)) log.epoch = this.#newEpoch();
      const offset = log.head.offset + 1;
      const envelope = { ...fields, epoch: log.epoch, offset, previousTag: log.head.tag };
      log.items.push(envelope);
      log.head = { epoch: log.epoch, offset, tag: tagOf(draft.id) };
      return { status: 'appended', envelope };
    });
  }

  async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return requests.map(({ channel, after, limit }) => {
      const log = this.#logs.get(channel);
      if (log === undefined) return { items: [], logStart: 1, head: originPosition };
      const { epoch, logStart, head } = log;
      const items = log.items.filter(({ offset }) => offset > after).slice(0, limit);
      return { items: items.map((item) => ({ ...item, epoch })), logStart, head };
    });
  }

  async positions(channels: readonly string[]): Promise<readonly Position[]> {
    return channels.map((channel) => this.#logs.get(channel)?.head ?? originPosition);
  }

  /** Keeps none: no test that damages logs needs one. */
  async states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    const positions = await this.positions(channels);
    return positions.map((position) => ({ position, stateJson: null }));
  }

  async renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    const log = this.#log(channel);
    if (log.epoch === expectedEpoch) {
      log.epoch = this.#newEpoch();
      log.head = { ...log.head, epoch: log.epoch };
    }
    return log.head;
  }

  async drain(): Promise<void> {}

  async close(): Promise<void> {}

  /** Loses everything after `offset`, as a store that comes back from an older snapshot. */
  loseAfter(channel: string, offset: number): void {
    const log = this.#log(channel);
    log.items = log.items.filter((item) => item.offset <= offset);
    const last = log.items.at(-1);
    log.head = {
      epoch: log.epoch,
      offset,
      tag: last === undefined ? originPosition.tag : tagOf(last.id),
    };
  }

  /** Loses a log with its head, as a store that was emptied. */
  loseEverything(channel: string): void {
    this.#logs.delete(channel);
  }

  /** Trims the log so that `logStart` is the first offset kept. */
  trim(channel: string, logStart: number): void {
    const log = this.#log(channel);
    log.logStart = logStart;
    log.items = log.items.filter(({ offset }) => offset >= logStart);
  }

  /** Lets single items expire: their offsets are passed without an envelope. */
  expire(channel: string, ...offsets: readonly number[]): void {
    const log = this.#log(channel);
    log.items = log.items.filter(({ offset }) => !offsets.includes(offset));
  }

  #log(channel: string): Log {
    const log = this.#logs.get(channel);
    if (log === undefined) throw new Error(`${channel} has no log`);
    return log;
  }

  #begin(channel: string): Log {
    const epoch = this.#newEpoch();
    const log = { epoch, logStart: 1, head: { ...originPosition, epoch }, items: [] };
    this.#logs.set(channel, log);
    return log;
  }

  #newEpoch(): string {
    this.#epochs += 1;
    return `e${this.#epochs}`;
  }
}
