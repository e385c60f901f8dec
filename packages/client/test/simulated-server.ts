import {
  createNotifier,
  defineCatalogue,
  type Inbox,
  memoryStore,
  type Notifier,
  type Store,
  type StoredEnvelope,
} from '@realtime-notify/core';
import { z } from 'zod';
import type { InboxPage, Notification } from '../src/index.js';

const data = z.strictObject({ n: z.number() });
const catalogue = defineCatalogue({ news: data, promo: data });

/** A real notifier on memory, one user who follows `g1`, and the logs as streams bring them. */
export class SimulatedServer {
  /** What a user's stream follows. */
  readonly channels = ['user:u1', 'group:g1', 'all', 'inbox:u1'];
  readonly #notifier: Notifier;
  readonly #store: Store;
  readonly #sent: string[] = [];

  private constructor(notifier: Notifier, store: Store) {
    this.#notifier = notifier;
    this.#store = store;
  }

  static async start(): Promise<SimulatedServer> {
    const store = memoryStore();
    const notifier = createNotifier({ catalogue, store, inbox: {} });
    await notifier.start();
    await notifier.inbox('u1', { groups: ['g1'] }).counts();
    return new SimulatedServer(notifier, store);
  }

  get inbox(): Inbox {
    return this.#notifier.inbox('u1', { groups: ['g1'] });
  }

  async send(to: 'me' | 'all' | 'group', type: string): Promise<void> {
    const audience =
      to === 'me' ? { user: 'u1' } : to === 'all' ? ({ all: true } as const) : { group: 'g1' };
    const request = { to: audience, type, data: { n: this.#sent.length } };
    this.#sent.push((await this.#notifier.notifyUnchecked(request)).id);
  }

  /** Some of the ids that were sent. */
  pick(picks: readonly number[]): string[] {
    return picks.flatMap((pick) => this.#sent[pick % this.#sent.length] ?? []);
  }

  /** A page as it is answered over HTTP. */
  async list(limit: number, before?: string): Promise<InboxPage> {
    const { items, counts, ...page } = await this.inbox.list({ limit, before });
    const { position, ...numbers } = counts;
    const version = { epoch: position.epoch, offset: position.offset };
    const shown = items.map(({ notification, ...flags }) => ({ ...notification, ...flags }));
    return { ...numbers, ...page, items: shown, version };
  }

  /** What a channel's log holds after an offset. */
  async after(channel: string, after: number): Promise<readonly Notification[]> {
    const [page] = await this.#store.readAfter([{ channel, after, limit: 1_000 }]);
    return (page?.items ?? []).map(notificationOf);
  }

  close(): Promise<void> {
    return this.#notifier.close();
  }
}

function notificationOf(stored: StoredEnvelope): Notification {
  const { id, type, channel, epoch, offset, time, dataJson } = stored;
  return { id, type, channel, epoch, offset, time, data: JSON.parse(dataJson) };
}
