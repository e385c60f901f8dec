import type { LogPage } from '../ports/store.js';
import { mayHaveTag, NO_EPOCH, type Position, tagOf } from '../positions/position.js';

/**
 * What a page of the log, read from `position.offset - 1` on, says of a position in it:
 * `reachable`: everything after the position is still there;
 * `unreachable`: the log begins later, or is another life of the channel;
 * `behind`: the store knows less than the position, or something else in its place, or put what comes next behind
 * something else: it lost data.
 */
export function judgePage(
  page: LogPage,
  position: Position,
): 'reachable' | 'unreachable' | 'behind' {
  const { head, logStart, items } = page;
  if (position.epoch === NO_EPOCH) {
    return position.offset === 0 && logStart <= 1 ? 'reachable' : 'unreachable';
  }
  if (head.epoch !== position.epoch) return 'unreachable';
  if (head.offset < position.offset) return 'behind';
  if (head.offset === position.offset) return head.tag === position.tag ? 'reachable' : 'behind';
  const named = items.find(({ offset }) => offset === position.offset);
  if (named !== undefined && tagOf(named.id) !== position.tag) return 'behind';
  const next = items.find(({ offset }) => offset === position.offset + 1);
  if (next !== undefined && !mayHaveTag(position, next.previousTag)) return 'behind';
  return logStart > position.offset + 1 ? 'unreachable' : 'reachable';
}

/** Whether a page holds what comes next after a position. */
export function leadsOn(page: LogPage, position: Position): boolean {
  const last = page.items.at(-1);
  return (
    last !== undefined && last.offset > position.offset && judgePage(page, position) === 'reachable'
  );
}

/** Whether more may follow a page that was read from a position on. */
export function mayGoOn({ items, head }: LogPage, { offset }: Position): boolean {
  const last = items.at(-1)?.offset ?? offset;
  return last > offset && last < head.offset;
}
