import type { FeedFollower } from '../feeds/feed.js';
import type { FeedTable } from '../feeds/feed-table.js';
import { Emitter } from './emitter.js';

/** The open emitters of this node, found by user and by channel without looking at the others. */
export class EmitterRegistry {
  readonly #all = new Set<Emitter>();
  readonly #byUser = new Map<string, Set<Emitter>>();
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
    return [...(this.#byUser.get(userId) ?? [])];
  }

  /** The streams that are live in a channel on this node; those still catching up are not among them. */
  ofChannel(channel: string): readonly Emitter[] {
    const followers: Iterable<FeedFollower> = this.#feeds.get(channel)?.followers ?? [];
    return [...followers].filter((follower) => follower instanceof Emitter);
  }

  all(): readonly Emitter[] {
    return [...this.#all];
  }

  add(emitter: Emitter): void {
    this.#all.add(emitter);
    const { userId } = emitter.principal;
    if (userId === null) return;
    const ofUser = this.#byUser.get(userId);
    if (ofUser === undefined) this.#byUser.set(userId, new Set([emitter]));
    else ofUser.add(emitter);
  }

  remove(emitter: Emitter): void {
    this.#all.delete(emitter);
    const { userId } = emitter.principal;
    if (userId === null) return;
    const ofUser = this.#byUser.get(userId);
    ofUser?.delete(emitter);
    if (ofUser?.size === 0) this.#byUser.delete(userId);
  }
}
