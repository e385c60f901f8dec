import type { InboxCounts } from '@realtime-notify/core';
import { expect } from 'vitest';
import type { Device } from './device.js';
import { type InboxStage, idsOf } from './inbox-harness.js';

type Mark = 'markSeen' | 'markRead' | 'markUnread' | 'archive' | 'unarchive' | 'remove';

/** One step of a random sequence. */
export type InboxStep =
  | { readonly op: 'send'; readonly to: 'me' | 'all' | 'group'; readonly type: 'news' | 'promo' }
  | { readonly op: 'mark'; readonly mark: Mark; readonly picks: readonly number[] }
  | { readonly op: 'markAll'; readonly mark: Mark }
  | { readonly op: 'mute' | 'unmute' }
  | { readonly op: 'list'; readonly unread: boolean; readonly limit: number };

interface Item {
  readonly id: string;
  readonly type: string;
  seen: boolean;
  read: boolean;
  archived: boolean;
  removed: boolean;
}

/** What an inbox is, said plainly: a list of items with flags. */
export class InboxModel {
  readonly #stage: InboxStage;
  readonly #items: Item[] = [];
  #muted = false;

  constructor(stage: InboxStage) {
    this.#stage = stage;
  }

  /** Does the step at a node and on the model, and compares. */
  async check(step: InboxStep, node: number): Promise<void> {
    const inbox = this.#stage.inbox([], node);
    if (step.op === 'send') {
      const to = step.to === 'group' ? { group: 'g1' } : step.to;
      const id = await this.#stage.send(to, step.type);
      const flags = { seen: false, read: false, archived: false, removed: false };
      this.#items.push({ id, type: step.type, ...flags });
    } else if (step.op === 'mark') {
      const items = step.picks.flatMap((pick) => this.#items[pick % this.#items.length] ?? []);
      const counts = await inbox[step.mark]({ ids: items.map(({ id }) => id) });
      for (const item of items) if (!item.removed) apply(step.mark, item);
      expect(counts).toMatchObject(this.#counts());
    } else if (step.op === 'markAll') {
      const counts = await inbox[step.mark]({ all: true });
      for (const item of this.#items) apply(step.mark, item);
      expect(counts).toMatchObject(this.#counts());
    } else if (step.op === 'list') {
      const { unread, limit } = step;
      const page = await inbox.list({ unread, limit });
      const listed = this.#listed().filter(({ read }) => !unread || !read);
      expect(idsOf(page)).toEqual(listed.slice(0, limit).map(({ id }) => id));
      expect(page.next === null).toBe(listed.length <= limit);
      expect(page.counts).toMatchObject(this.#counts());
    } else {
      this.#muted = step.op === 'mute';
      expect(await inbox[step.op]('promo')).toMatchObject(this.#counts());
    }
    expect(await inbox.counts()).toMatchObject(this.#counts());
  }

  /**
   * What a device can work out from what it was told is what there is.
   * @param begun - the counts of the page after which its stream began
   */
  mustBeKnownTo(device: Device, begun: InboxCounts): void {
    const { unread, unseen, at } = device.changes.at(-1) ?? begun;
    const later = device.notifications.filter(({ channel, offset, type }) => {
      const isShown = !this.#muted || type !== 'promo';
      return isShown && offset !== null && offset > (at[channel] ?? offset);
    });
    const known = { unread: unread + later.length, unseen: unseen + later.length };
    expect(known).toEqual(this.#counts());
  }

  #listed(): readonly Item[] {
    return this.#items.toReversed().filter(({ archived, removed, type }) => {
      return !archived && !removed && !(this.#muted && type === 'promo');
    });
  }

  #counts(): { readonly unread: number; readonly unseen: number } {
    const unread = this.#listed().filter(({ read }) => !read);
    return { unread: unread.length, unseen: unread.filter(({ seen }) => !seen).length };
  }
}

function apply(mark: Mark, item: Item): void {
  if (mark === 'markSeen' || mark === 'markRead') item.seen = true;
  if (mark === 'markRead' || mark === 'markUnread') item.read = mark === 'markRead';
  if (mark === 'archive' || mark === 'unarchive') item.archived = mark === 'archive';
  if (mark === 'remove') item.removed = true;
}
