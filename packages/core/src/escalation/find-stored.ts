import type { StoredEnvelope } from '../notification/notification.js';
import type { Store } from '../ports/store.js';

/** What is looked for in a log. */
export interface Wanted {
  /** The publisher's time of the oldest, in milliseconds since 1970 UTC. */
  readonly since: number;
  /** How many at most, the newest. */
  readonly most: number;
  isWanted(envelope: StoredEnvelope): boolean;
}

const pageItems = 100;
/** So far may the clocks of publishers be apart, and an append be later than its time. */
const apartMs = 600_000;

/** Finds notifications in a log from its end on, as far as it is kept. The oldest of them comes first. */
export async function findStored(
  store: Pick<Store, 'positions' | 'readAfter'>,
  channel: string,
  { since, most, isWanted }: Wanted,
): Promise<readonly StoredEnvelope[]> {
  const [head] = await store.positions([channel]);
  let found: readonly StoredEnvelope[] = [];
  let upTo = head?.offset ?? 0;
  while (upTo > 0 && found.length < most) {
    const after = Math.max(0, upTo - pageItems);
    const [page] = await store.readAfter([{ channel, after, limit: upTo - after }]);
    const items = page?.items.filter(({ offset }) => offset <= upTo) ?? [];
    found = [...items.filter(isWanted), ...found];
    const isOlder = items.every(({ time }) => time < since - apartMs);
    if (page === undefined || isOlder || page.logStart > after) break;
    upTo = after;
  }
  return found.slice(-most);
}
