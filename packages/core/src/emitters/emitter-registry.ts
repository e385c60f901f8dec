import type { FeedTable } from '../feeds/feed-table.js';
import type { FeedFollower } from '../feeds/followers.js';
import { Emitter } from './emitter.js';

/** The open emitters of this node, found by user and by channel without looking at the others. */
export class EmitterRegistry {
  readonly #all = new Set<Emitter>();
  /** Most users have one stream: it stands for itself, a set is made for the second. */
  readonly #byUser = new Map<string, Emitter | Set<Emitter>>();
  readonly #feeds: FeedTable;

  constructor(feeds: FeedTable) {
    this.#feeds = feeds;
  }

  /** How many streams are open on this node. */
  get size(): number {
    return this.#all.size;
  }

  /** How many users have a stream open on this node. */
  get userCount(): number {
    return this.#byUser.size;
  }

  /** The streams of a user on this node. */
  ofUser(userId: string): readonly Emitter[] {
    const found = this.#byUser.get(userId);
    if (found === undefined) return [];
    return found instanceof Emitter ? [found] : [...found];
  }

  /** How many streams a user has on this node. */
  countOf(userId: string): number {
    const found = this.#byUser.get(userId);
    if (found === undefined) return 0;
    return found instanceof Emitter ? 1 : found.size;
  }

  /** The streams that are live in a channel on this node; those still catching up are not among them. */
  ofChannel(channel: string): readonly Emitter[] {
    const followers: Iterable<FeedFollower> = this.#feeds.get(channel)?.followers ?? [];
    return [...followers].filter((follower) => follower instanceof Emitter);
  }

  /** The streams of this node, without a copy: for looking, not for changing. */
  [Symbol.iterator](): Iterator<Emitter> {
    return this.#all.values();
  }

  all(): readonly Emitter[] {
    return [...this.#all];
  }

  add(emitter: Emitter): void {
    this.#all.add(emitter);
    const { userId } = emitter.principal;
    if (userId === null) return;
    const found = this.#byUser.get(userId);
    if (found === undefined) this.#byUser.set(userId, emitter);
    else if (found instanceof Emitter) this.#byUser.set(userId, new Set([found, emitter]));
    else found.add(emitter);
  }

  remove(emitter: Emitter): void {
    this.#all.delete(emitter);
    const { userId } = emitter.principal;
    if (userId === null) return;
    const found = this.#byUser.get(userId);
    if (found === emitter) this.#byUser.delete(userId);
    if (found === undefined || found instanceof Emitter) return;
    found.delete(emitter);
    if (found.size === 0) this.#byUser.delete(userId);
  }
}
