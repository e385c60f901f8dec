import type { InboxCounts, InboxPage } from '../../packages/client/src/index.js';
import { asObject, type Notification } from './notification.js';

interface Numbers extends Omit<InboxCounts, 'version'> {
  readonly muted: ReadonlySet<string>;
}

/** What a badge has to show, worked out anew from all that a client was told, as PROTOCOL.md says it. */
export class BadgeJudge {
  readonly #numbers = new Map<number, Numbers>();
  readonly #received = new Map<string, Notification>();

  page({ version, unread, unseen, at, muted, items }: InboxPage): void {
    for (const item of items) this.#received.set(item.id, item);
    this.#numbers.set(version.offset, { unread, unseen, at, muted: new Set(muted) });
  }

  notification(notification: Notification): void {
    const { id, type, offset, data } = notification;
    if (type !== 'inbox.changed') this.#received.set(id, notification);
    if (type !== 'inbox.changed' || offset === null || this.#numbers.has(offset)) return;
    const { action, type: which, ...told } = asObject(data, 'a change');
    const muted = new Set(this.#numbers.get(offset - 1)?.muted);
    if (action === 'muted') muted.add(String(which));
    if (action === 'unmuted') muted.delete(String(which));
    if (!hasNumbers(told)) throw new Error(`no numbers in ${JSON.stringify(data)}`);
    const { unread, unseen, at } = told;
    this.#numbers.set(offset, { unread, unseen, at, muted });
  }

  /** The greatest version that the client was told. */
  get version(): number {
    return Math.max(...this.#numbers.keys());
  }

  get badge(): { readonly unread: number; readonly unseen: number } {
    const numbers = this.#numbers.get(this.version);
    if (numbers === undefined) throw new Error('nothing was told yet');
    const later = [...this.#received.values()].filter(({ channel, offset, type }) => {
      const counted = numbers.at[channel];
      const isLater = counted !== undefined && offset !== null && offset > counted;
      return isLater && !numbers.muted.has(type);
    });
    return { unread: numbers.unread + later.length, unseen: numbers.unseen + later.length };
  }
}

function hasNumbers(told: object): told is Omit<InboxCounts, 'version'> {
  const { unread, unseen, at }: Partial<Record<string, unknown>> = { ...told };
  const isRead = typeof unread === 'number' && typeof unseen === 'number';
  return isRead && typeof at === 'object' && at !== null;
}
