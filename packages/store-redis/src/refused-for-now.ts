import { type HostPort, redirectionOf } from '@realtime-notify/redis-connection';
import type { RedisReply } from './redis-link.js';

/** What a call of several is known by: its place among the replies, and its slot. */
interface Placed {
  readonly place: number;
  readonly slot: number;
}

/** A call that was refused, not done, and where it may be done. */
type Refused<T extends Placed> = T & {
  readonly kind: 'moved' | 'asked' | 'later';
  readonly to: HostPort | undefined;
};

/**
 * The calls that may be sent again: nodes refused them because their slot, or these keys, are elsewhere.
 * Not one after which another call for the same slot was done: it would come after that one then, and
 * the appends of a channel keep their order.
 */
export function refusedForNow<T extends Placed>(
  calls: readonly T[],
  replies: readonly RedisReply[],
): readonly Refused<T>[] {
  const done = new Set<number>();
  const refused: Refused<T>[] = [];
  for (const call of calls.toReversed()) {
    const error = replies[call.place]?.error;
    const redirection = error && redirectionOf(error);
    if (!redirection) done.add(call.slot);
    else if (!done.has(call.slot)) {
      const to = redirection.kind === 'later' ? undefined : redirection.to;
      refused.push({ ...call, kind: redirection.kind, to });
    }
  }
  return refused.toReversed();
}
