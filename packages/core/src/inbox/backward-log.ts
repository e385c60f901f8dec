import type { StoredEnvelope } from '../notification/notification.js';
import type { Store } from '../ports/store.js';
import { clocksDifferMs } from './clocks-differ.js';
import type { InboxChannel } from './inbox-look.js';

/** Which notifications of an inbox are wanted. */
export interface InboxFilter {
  readonly unread: boolean;
  readonly archived: boolean;
  readonly types: ReadonlySet<string> | undefined;
  readonly muted: ReadonlySet<string>;
  /** Only what was made at or after this time, in milliseconds since 1970 UTC. */
  readonly sinceMs: number;
}

/** One channel of an inbox, read from its end towards its beginning. */
export class BackwardLog {
  readonly #channel: InboxChannel;
  readonly #filter: InboxFilter;
  readonly #pageItems: number;
  /** What was read and not taken, the newest last. */
  readonly #ready: StoredEnvelope[] = [];
  /** Nothing after this has to be read. */
  #upTo: number;
  /** All after this was taken or is not wanted. */
  #taken: number;

  constructor(channel: InboxChannel, upTo: number, filter: InboxFilter, pageItems: number) {
    this.#channel = channel;
    this.#filter = filter;
    this.#pageItems = pageItems;
    this.#upTo = upTo;
    this.#taken = upTo;
  }

  get channel(): InboxChannel {
    return this.#channel;
  }

  /** The newest that was not taken, once {@link fill} has resolved; undefined where nothing is left. */
  get next(): StoredEnvelope | undefined {
    return this.#ready.at(-1);
  }

  /** Where to read on from: what is up to this offset was not taken. */
  get rest(): number {
    return this.next === undefined ? this.#upTo : this.#taken;
  }

  take(): void {
    const taken = this.#ready.pop();
    if (taken !== undefined) this.#taken = taken.offset - 1;
  }

  /** Reads on until something is there to be taken, or nothing is left. */
  async fill(store: Pick<Store, 'readAfter'>): Promise<void> {
    while (this.#ready.length === 0) {
      const last = this.#lastWanted();
      if (last === undefined) return;
      await this.#read(store, last);
    }
  }

  async #read(store: Pick<Store, 'readAfter'>, last: number): Promise<void> {
    const { channel, first } = this.#channel;
    const after = Math.max(first - 1, last - this.#pageItems);
    const [page] = await store.readAfter([{ channel, after, limit: last - after }]);
    const items = page?.items ?? [];
    this.#ready.push(...items.filter((item) => item.offset <= last && this.#isWanted(item)));
    const { sinceMs } = this.#filter;
    const isPassed = items.some(({ time }) => time < sinceMs - clocksDifferMs);
    this.#upTo = isPassed ? first - 1 : after;
  }

  /** Skips what the marks rule out without reading it. */
  #lastWanted(): number | undefined {
    const { first, marks } = this.#channel;
    if (this.#filter.unread) return marks.read.lastMissing(first, this.#upTo);
    if (!this.#filter.archived) return marks.removed.lastMissing(first, this.#upTo);
    return this.#upTo < first ? undefined : this.#upTo;
  }

  #isWanted({ offset, type, time }: StoredEnvelope): boolean {
    const { marks } = this.#channel;
    const { unread, archived, types, muted, sinceMs } = this.#filter;
    if (time < sinceMs) return false;
    if (marks.removed.has(offset) || marks.archived.has(offset) !== archived) return false;
    if (unread && marks.read.has(offset)) return false;
    return types === undefined ? !muted.has(type) : types.has(type);
  }
}
