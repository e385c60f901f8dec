import type { Store } from '../../../packages/core/src/index.js';

/** How often a store was asked for what it keeps. */
export interface ReadCounts {
  readAfterCalls: number;
  /** Pages asked for; one call may ask for several. */
  pages: number;
  positionCalls: number;
  /** Channels whose position was asked for. */
  positions: number;
}

/** The same store, counting into `counts`. */
export function countedStore(store: Store, counts: ReadCounts): Store {
  return {
    shared: store.shared,
    start: () => store.start(),
    append: (drafts) => store.append(drafts),
    readAfter: (requests) => {
      counts.readAfterCalls += 1;
      counts.pages += requests.length;
      return store.readAfter(requests);
    },
    positions: (channels) => {
      counts.positionCalls += 1;
      counts.positions += channels.length;
      return store.positions(channels);
    },
    states: (channels) => store.states(channels),
    renewEpoch: (channel, expected) => store.renewEpoch(channel, expected),
    drain: () => store.drain(),
    close: () => store.close(),
  };
}
