import {
  channelKey,
  type LogPage,
  NO_EPOCH,
  type Notification,
  type Position,
  parseCursor,
  samePosition,
  tagOf,
} from '@realtime-notify/core';
import type { ClientEvent } from '../../src/client/client-event.js';
import type { TestClient } from '../../src/client/test-client.js';
import type { Disturbance, Ledger } from './ledger.js';
import { violated } from './violation.js';

type Ready = Extract<ClientEvent, { kind: 'ready' }>;

/**
 * Follows one client through all that it was shown: it stands somewhere in each channel, each notification
 * must be the next one, its cursor must say where it stands, and it may be moved elsewhere only with
 * `recovered: false` and for a reason.
 */
export class ClientJudge {
  readonly #client: TestClient;
  readonly #number: number;
  readonly #ledger: Ledger;
  /** Where it stands. */
  #at = new Map<string, Position>();
  /** Where its cursor says that it stands. */
  #confirmed = new Map<string, Position>();
  /** What it was shown since it had that cursor. */
  #unconfirmed = new Set<string>();
  /** What may be shown again: what a cut write had shown before. */
  readonly #repeatable = new Set<string>();
  readonly #shown = new Set<string>();
  /** At most once on each stream: where a client moved on, another node may be told late. */
  #ephemerals = new Set<string>();
  /** What it was shown since it was last moved. */
  readonly #inARow = new Map<string, Map<number, string>>();
  readonly #keys = new Map<string, string>();
  /** How many losses it was told of on this stream. */
  #told = new Map<string, number>();

  constructor(client: TestClient, number: number, ledger: Ledger) {
    this.#client = client;
    this.#number = number;
    this.#ledger = ledger;
  }

  /** @throws Violation where it was not served as promised */
  judge(logs: ReadonlyMap<string, LogPage>): void {
    this.#client.events.forEach((event, index) => {
      if (event.kind === 'connecting') this.#connecting(event.cursor);
      else if (event.kind === 'ready') this.#ready(event, index);
      else if (event.kind === 'shown') this.#take(event.notification, event.cursor);
    });
    if (!this.#client.connected) this.#violated('could not connect again');
    for (const [channel, position] of this.#at) {
      const log = logs.get(channel);
      if (log !== undefined) this.#compare(channel, position, log);
    }
  }

  #connecting(cursor: string | undefined): void {
    if (cursor !== undefined) this.#checkCursor(cursor, this.#confirmed);
    this.#at = new Map(this.#confirmed);
    for (const key of this.#unconfirmed) this.#repeatable.add(key);
    this.#unconfirmed = new Set();
    this.#ephemerals = new Set();
    this.#told = new Map();
  }

  #ready({ channels, recovered }: Ready, index: number): void {
    const followed = [`user:${this.#client.user}`, ...this.#client.groups.map((g) => `group:${g}`)];
    const names = [...channels.keys()].toSorted().join();
    if (names !== [...followed, 'all'].toSorted().join()) this.#violated(`follows ${names}`);
    let moved = false;
    for (const [channel, position] of channels) {
      const before = this.#at.get(channel);
      this.#at.set(channel, position);
      if (before === undefined || samePosition(before, position)) continue;
      if (isSame(before, position)) continue;
      if (recovered) this.#violated(`was moved in ${channel} without being told`);
      if (!this.#isReason(channel, before, index)) {
        this.#movedWithoutReason(channel, before, position);
      }
      this.#inARow.delete(channel);
      // What was lost may have been sent again since, by a retry that has kept its id.
      for (const key of this.#shown) if (key.startsWith(`${channel} `)) this.#shown.delete(key);
      moved = true;
    }
    // What was lost may have been on its way to the client still, from an empty log to an empty log.
    const mayBeEmpty = [...channels.keys()].some((channel) => this.#lossesOf(channel, index) > 0);
    if (!recovered && !moved && !mayBeEmpty) this.#violated('was told of a loss that was none');
    this.#confirm();
  }

  #movedWithoutReason(channel: string, from: Position, to: Position): never {
    this.#violated(
      `was moved from ${from.epoch}.${from.offset} to ${to.epoch}.${to.offset} in ${channel} without a reason`,
    );
  }

  /**
   * Whether what the client needs is gone since it stood at `before`. On one stream a loss counts once, and
   * once more where the client was told before its node knew of it, which then showed what it had read before
   * or began the log's next life. On another stream it may count again: that node may not know of it yet.
   */
  #isReason(channel: string, before: Position, index: number): boolean {
    const happened = this.#happened(channel, index);
    const trimmed = happened.some(
      ({ what }) => what !== 'lost' && what.logStart > before.offset + 1,
    );
    if (trimmed) return true;
    const told = (this.#told.get(channel) ?? 0) + 1;
    this.#told.set(channel, told);
    return this.#lossesOf(channel, index) * 2 >= told;
  }

  #lossesOf(channel: string, index: number): number {
    return this.#happened(channel, index).filter(({ what }) => what === 'lost').length;
  }

  /** What had happened to a channel when the client lived through its event of that index. */
  #happened(channel: string, index: number): readonly Disturbance[] {
    return this.#ledger.disturbances.filter(
      (each) => each.channel === channel && (each.seenBy[this.#number] ?? 0) <= index,
    );
  }

  #take(notification: Notification, cursor: string | undefined): void {
    const { id, channel, epoch, offset } = notification;
    const key = `${channel} ${id}`;
    const shown = offset === null ? this.#ephemerals : this.#shown;
    if (shown.has(key) && !this.#repeatable.delete(key)) {
      this.#violated(`was shown ${epoch}.${offset} of ${channel} again`);
    }
    shown.add(key);
    this.#checkKey(notification);
    if (epoch !== null && offset !== null) {
      this.#unconfirmed.add(key);
      this.#step(channel, { epoch, offset, tag: tagOf(id) }, id);
    }
    if (cursor === undefined) return;
    this.#checkCursor(cursor, this.#at);
    this.#confirm();
  }

  #step(channel: string, position: Position, id: string): void {
    const before = this.#at.get(channel);
    if (before === undefined) this.#violated(`does not follow ${channel}`);
    const isFirst = before.epoch === NO_EPOCH && before.offset === 0;
    const isNext = position.offset === before.offset + 1;
    if (!isNext || (!isFirst && position.epoch !== before.epoch)) {
      this.#violated(
        `was shown ${position.epoch}.${position.offset} of ${channel} after ${before.epoch}.${before.offset}`,
      );
    }
    this.#at.set(channel, position);
    const row = this.#inARow.get(channel) ?? new Map<number, string>();
    this.#inARow.set(channel, row.set(position.offset, id));
  }

  /** A key stands for one notification in each life of a channel. */
  #checkKey({ id, channel, data }: Notification): void {
    if (typeof data !== 'object' || data === null || !('key' in data)) return;
    const name = `${channel} ${data.key}`;
    const first = this.#keys.get(name) ?? id;
    if (first !== id && !this.#ledger.wasLost(channel)) this.#violated(`was shown ${name} twice`);
    this.#keys.set(name, first);
  }

  #checkCursor(cursor: string, expected: ReadonlyMap<string, Position>): void {
    const claimed = parseCursor(cursor);
    for (const [channel, position] of expected) {
      const claim = claimed.get(channelKey(channel));
      if (claim === undefined || !isSame(position, claim)) {
        this.#violated(
          `has a cursor at ${claim?.epoch}.${claim?.offset} of ${channel} and stands at ${position.epoch}.${position.offset}`,
        );
      }
    }
  }

  #confirm(): void {
    this.#confirmed = new Map(this.#at);
    this.#unconfirmed = new Set();
  }

  /** Level with the store, and nothing else was shown than what the store has in that place. */
  #compare(channel: string, position: Position, { head, logStart, items }: LogPage): void {
    if (!isSame(position, head)) {
      this.#violated(
        `stands at ${position.epoch}.${position.offset} of ${channel}, the store at ${head.epoch}.${head.offset}`,
      );
    }
    for (const [offset, id] of this.#inARow.get(channel) ?? []) {
      const kept = items[offset - logStart];
      if (kept !== undefined && kept.id !== id) {
        this.#violated(`was shown another notification than the store has at ${channel} ${offset}`);
      }
    }
  }

  #violated(what: string): never {
    violated(`client ${this.#number} (${this.#client.kind}) ${what}`);
  }
}

/** The first epoch of a channel begins without a notification. */
function isSame(before: Position, after: Position): boolean {
  if (samePosition(before, after)) return true;
  return before.epoch === NO_EPOCH && before.offset === 0 && after.offset === 0;
}
