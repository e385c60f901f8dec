import type { Outgoing } from '../emitters/outgoing.js';
import type { Feed } from './feed.js';

/** What a feed delivers to: an emitter that stands at the feed's position. */
export interface FeedFollower {
  push(outgoing: Outgoing): void;
  /** The feed's next position is no continuation of the present one: what it has pushed stands before. */
  losing(feed: Feed): void;
  /** The store lost history: the feed stands at another position now, and what lay between is gone. */
  historyLost(feed: Feed): void;
}

/** Those of one feed. Most feeds have one: it stands for itself, a set is made for the second. */
export type Followers = undefined | FeedFollower | Set<FeedFollower>;

export function withFollower(followers: Followers, one: FeedFollower): Followers {
  if (followers === undefined || followers === one) return one;
  if (!(followers instanceof Set)) return new Set([followers, one]);
  return followers.add(one);
}

export function withoutFollower(followers: Followers, one: FeedFollower): Followers {
  if (followers instanceof Set) followers.delete(one);
  return followers === one ? undefined : followers;
}

export function allOf(followers: Followers): ReadonlySet<FeedFollower> {
  if (followers instanceof Set) return followers;
  return new Set(followers === undefined ? [] : [followers]);
}

/** Without making anything: once for each notification. */
export function pushTo(followers: Followers, outgoing: Outgoing): void {
  if (followers instanceof Set) for (const follower of followers) follower.push(outgoing);
  else followers?.push(outgoing);
}
