import { randomUUID } from 'node:crypto';
import {
  type CatalogueSchemas,
  createNotifier,
  defineCatalogue,
  type Inbox,
  type InboxOptions,
  type InboxPage,
  type InboxQuery,
  type Notifier,
  type Store,
} from '@realtime-notify/core';
import { afterAll, afterEach } from 'vitest';
import { z } from 'zod';
import type { ClauseBook } from '../clause-book.js';
import type { InboxClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import type { StoreTuning } from '../store/store-harness.js';
import { Device } from './device.js';

/** What a store's adapter hands to {@link inboxContract}; the same as to `storeContract`. */
export interface InboxContract {
  readonly name: string;
  /** Whether instances see the same logs. */
  readonly shared: boolean;
  /** Makes a store that is not started, a new instance on each call. */
  create(tuning?: StoreTuning): Store | Promise<Store>;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
  /** Random sequences of operations; fewer where the server is slow. Default 30. */
  readonly modelRuns?: number;
}

const data = z.strictObject({ n: z.number() });
const schemas: CatalogueSchemas = { news: data, promo: data };

/** Nodes with an inbox over stores that see the same logs, and one user. */
export class InboxStage {
  readonly userId = `u-${randomUUID().slice(0, 8)}`;
  readonly nodes: readonly [Notifier, ...Notifier[]];
  readonly #patienceMs: number | undefined;
  #n = 0;

  constructor(nodes: readonly [Notifier, ...Notifier[]], patienceMs: number | undefined) {
    this.nodes = nodes;
    this.#patienceMs = patienceMs;
  }

  /** The user's inbox at a node. */
  inbox(groups: readonly string[] = [], node = 0): Inbox {
    return (this.nodes[node] ?? this.nodes[0]).inbox(this.userId, { groups });
  }

  /** A stream of the user's. */
  device(groups: readonly string[] = [], cursor?: string, node = 0): Promise<Device> {
    return new Device().attach(this.nodes[node] ?? this.nodes[0], this.userId, groups, cursor);
  }

  /** Sends to this user, a group or all; returns the id. */
  async send(
    to: 'me' | 'all' | { readonly group: string } = 'me',
    type: 'news' | 'promo' = 'news',
  ): Promise<string> {
    this.#n += 1;
    const audience =
      to === 'me' ? { user: this.userId } : to === 'all' ? ({ all: true } as const) : to;
    const { id } = await this.nodes[0].notify({ to: audience, type, data: { n: this.#n } });
    return id;
  }

  async sendMany(count: number, to?: Parameters<InboxStage['send']>[0]): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < count) ids.push(await this.send(to));
    return ids;
  }

  /** The ids that a page lists. */
  async ids(query?: InboxQuery, groups?: readonly string[]): Promise<readonly string[]> {
    return idsOf(await this.inbox(groups).list(query));
  }

  async counted(groups?: readonly string[]): Promise<readonly [unread: number, unseen: number]> {
    const { unread, unseen } = await this.inbox(groups).counts();
    return [unread, unseen];
  }

  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#patienceMs);
  }
}

export function idsOf({ items }: InboxPage): readonly string[] {
  return items.map(({ notification }) => notification.id);
}

/** Makes stages for one suite and closes them. */
export class InboxBench {
  readonly shared: boolean;
  readonly modelRuns: number;
  readonly #contract: InboxContract;
  readonly #opened: Notifier[] = [];

  constructor(contract: InboxContract) {
    this.#contract = contract;
    this.shared = contract.shared;
    this.modelRuns = contract.modelRuns ?? 30;
    afterEach(() => this.closeAll());
    afterAll(() => this.closeAll());
  }

  /** @param nodes - as many notifiers; one, however many are asked for, where a store is not shared */
  async stage(
    inbox: InboxOptions = {},
    { nodes = 1, tuning }: { readonly nodes?: number; readonly tuning?: StoreTuning } = {},
  ): Promise<InboxStage> {
    // What other stages send to all, and their groups, is not to be seen here.
    const run = randomUUID().slice(0, 8);
    const channelNames = { all: `all-${run}`, groupPrefix: `group-${run}:` };
    const node = async (): Promise<Notifier> => {
      const store = await this.#contract.create(tuning);
      const catalogue = defineCatalogue(schemas);
      const notifier = createNotifier({
        catalogue,
        store,
        inbox,
        channelNames,
        positionCheckMs: 50,
      });
      this.#opened.push(notifier);
      await notifier.start();
      return notifier;
    };
    const others: Notifier[] = [];
    const first = await node();
    while (others.length < nodes - 1) others.push(this.shared ? await node() : first);
    return new InboxStage([first, ...others], this.#contract.patienceMs);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((notifier) => notifier.close()));
  }
}

/** What each theme of the suite is given. */
export interface InboxTheme {
  readonly book: ClauseBook<InboxClauseId>;
  readonly bench: InboxBench;
}
