import { channelKey, parseCursor } from '@realtime-notify/core';
import { expect } from 'vitest';
import { type InboxPage, InboxView } from '../src/index.js';
import type { SimulatedServer } from './simulated-server.js';

const pageItems = 5;

type Positions = ReadonlyMap<string, number>;

/** A window with its view, its stream's positions, and answers that are on their way. */
export class SimulatedClient {
  readonly view = new InboxView();
  readonly #server: SimulatedServer;
  readonly #answers: { readonly older: boolean; readonly page: InboxPage }[] = [];
  /** Where the stream has stood, the latest last. */
  readonly #stood: Positions[] = [];
  #loadedAt = '';
  #highest = 0;

  private constructor(server: SimulatedServer) {
    this.#server = server;
    this.view.on('change', ({ version }) => {
      expect(version?.offset ?? 0).toBeGreaterThanOrEqual(this.#highest);
      this.#highest = version?.offset ?? 0;
    });
  }

  /** Loads a page and begins a stream at its cursor. */
  static async open(server: SimulatedServer): Promise<SimulatedClient> {
    const client = new SimulatedClient(server);
    const page = await server.list(pageItems);
    client.#load(page);
    const cursor = parseCursor(page.cursor);
    const offsets = server.channels.map((channel) => {
      return [channel, cursor.get(channelKey(channel))?.offset ?? 0] as const;
    });
    client.#stood.push(new Map(offsets));
    return client;
  }

  /** The cursor of the page that was loaded last. */
  get loadedAt(): string {
    return this.#loadedAt;
  }

  get #positions(): Positions {
    return this.#stood.at(-1) ?? new Map();
  }

  /** The next notification of one channel comes. */
  async deliver(which: number): Promise<void> {
    const { channels } = this.#server;
    const channel = channels[which % channels.length] ?? '';
    const [next] = await this.#server.after(channel, this.#positions.get(channel) ?? 0);
    if (next === undefined) return;
    this.#stood.push(new Map([...this.#positions, [channel, next.offset ?? 0]]));
    this.view.take(next);
  }

  async deliverAll(): Promise<void> {
    for (const channel of this.#server.channels) {
      const missed = await this.#server.after(channel, this.#positions.get(channel) ?? 0);
      const last = missed.at(-1)?.offset;
      if (last != null) this.#stood.push(new Map([...this.#positions, [channel, last]]));
      for (const each of missed) this.view.take(each);
    }
  }

  /** Comes back with a cursor that is some events old. */
  reconnect(back: number): void {
    const from = this.#stood[Math.max(0, this.#stood.length - 1 - back)];
    if (from !== undefined) this.#stood.push(from);
  }

  /** The server answers now; the answer comes later. */
  async ask(older: boolean): Promise<void> {
    const { next } = this.view.state;
    if (!older) this.#answers.push({ older, page: await this.#server.list(pageItems) });
    else if (next !== null) {
      this.#answers.push({ older, page: await this.#server.list(pageItems, next) });
    }
  }

  /** The answer that was given first comes; an older page only where it follows what is shown. */
  answer(): void {
    const answer = this.#answers.shift();
    if (answer === undefined) return;
    if (answer.older) this.view.append(answer.page);
    else {
      this.#load(answer.page);
      // A client drops the answers to what it asked before it loaded anew.
      const kept = this.#answers.filter(({ older }) => !older);
      this.#answers.splice(0, this.#answers.length, ...kept);
    }
  }

  mustBeSound(): void {
    const { unread, unseen, items } = this.view.state;
    expect(unread).toBeGreaterThanOrEqual(0);
    expect(unseen).toBeGreaterThanOrEqual(0);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  }

  /** All has come: the numbers are right in any case, the items are where the view does not say otherwise. */
  async mustShowThePrefix(): Promise<void> {
    const { unread, unseen, items, stale } = this.view.state;
    const all = await this.#server.list(100);
    expect({ unread, unseen }).toEqual({ unread: all.unread, unseen: all.unseen });
    if (!stale) expect(items).toEqual(all.items.slice(0, items.length));
  }

  async loadWhatIsMissing(): Promise<void> {
    if (this.view.state.stale) this.#load(await this.#server.list(pageItems));
    for (let { next } = this.view.state; next !== null; { next } = this.view.state) {
      this.view.append(await this.#server.list(pageItems, next));
    }
  }

  async mustShowEverything(): Promise<void> {
    const { unread, unseen, items, muted, stale } = this.view.state;
    const all = await this.#server.list(100);
    expect({ unread, unseen, items, muted, stale }).toEqual({
      unread: all.unread,
      unseen: all.unseen,
      items: all.items,
      muted: all.muted,
      stale: false,
    });
  }

  #load(page: InboxPage): void {
    this.#loadedAt = page.cursor;
    this.view.load(page);
  }
}
