import type { InboxCounts, InboxPage } from '../../packages/client/src/index.js';
import { asObject } from './notification.js';

/** The changes that a client asks for by ids. */
export const markings = ['seen', 'read', 'unread', 'archive', 'unarchive', 'remove'] as const;

type Selection =
  | { readonly ids: readonly string[] }
  | { readonly all: true }
  | { readonly upTo: string };

/** The inbox of one user over HTTP, at whichever node is named. */
export class InboxClient {
  readonly token: string;
  readonly #query: string;

  constructor(token: string, groups: readonly string[]) {
    this.token = token;
    this.#query = new URLSearchParams(groups.map((group) => ['group', group])).toString();
  }

  async list(base: string, limit: number, before?: string | null): Promise<InboxPage> {
    const older = before == null ? '' : `&before=${encodeURIComponent(before)}`;
    const page = await this.#ask(`${base}/notifications?${this.#query}&limit=${limit}${older}`);
    if (!isPage(page)) throw new Error(`not a page: ${JSON.stringify(page)}`);
    return page;
  }

  /** All that is listed. */
  async listAll(base: string): Promise<InboxPage> {
    const page = await this.list(base, 100);
    const items = [...page.items];
    for (let { next } = page; next !== null; ) {
      const older = await this.list(base, 100, next);
      items.push(...older.items);
      next = older.next;
    }
    return { ...page, items, next: null };
  }

  mark(base: string, marking: (typeof markings)[number], which: Selection): Promise<InboxCounts> {
    return this.#change(base, marking, which);
  }

  mute(base: string, change: 'mute' | 'unmute', type: string): Promise<InboxCounts> {
    return this.#change(base, change, { type });
  }

  /** Again where too many change the inbox at once. */
  async #change(base: string, change: string, body: object): Promise<InboxCounts> {
    const counts = await this.#ask(`${base}/notifications/${change}?${this.#query}`, body);
    if (!isCounts(counts)) throw new Error(`not counts: ${JSON.stringify(counts)}`);
    return counts;
  }

  async #ask(url: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = asObject(await response.json(), 'an answer');
    if (response.status === 200) return answer;
    if (answer.code === 'HEAD_MOVED') return this.#ask(url, body);
    throw new Error(`${url}: ${response.status} ${JSON.stringify(answer)}`);
  }
}

function isCounts<Given extends object>(answer: Given): answer is Given & InboxCounts {
  const { unread, unseen, at, version }: Partial<InboxCounts> = answer;
  const isCounted = typeof unread === 'number' && typeof unseen === 'number';
  return isCounted && typeof at === 'object' && typeof version?.offset === 'number';
}

function isPage(answer: object): answer is InboxPage {
  const { items, muted, cursor }: Partial<InboxPage> = answer;
  return isCounts(answer) && Array.isArray(items) && Array.isArray(muted) && cursor !== undefined;
}
