import type { CloseReason } from '../emitters/close-reason.js';
import { Emitter, type EmitterContext } from '../emitters/emitter.js';
import { Flusher } from '../emitters/flusher.js';
import { Feed, type FeedContext } from '../feeds/feed.js';
import { Backlog } from '../limits/backlog.js';
import { LimitCounters } from '../limits/counters.js';
import { silentLogger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import { channelKey, parseCursor } from '../positions/cursor.js';
import { originPosition } from '../positions/position.js';
import { type FeedFields, feedContext } from './feed-parts.js';
import { RecordingOutlet } from './recording-outlet.js';

export interface Detachment {
  readonly channels: readonly string[];
  readonly reason: CloseReason | undefined;
}

/** What emitters and feeds of one node share, over a store. */
export class EmitterParts {
  readonly detachments: Detachment[] = [];
  readonly #feedContext: FeedContext;
  readonly #emitterContext: EmitterContext;

  constructor(
    store: Store,
    fields: Partial<FeedFields & Pick<EmitterContext, 'maxBufferedBytes'>> = {},
  ) {
    this.#feedContext = feedContext(store, fields);
    this.#emitterContext = {
      flusher: new Flusher(),
      reads: this.#feedContext.reads,
      logger: fields.logger ?? silentLogger,
      backlog: new Backlog(100_000_000, () => {}),
      counters: new LimitCounters(),
      maxBufferedBytes: fields.maxBufferedBytes ?? 1_000_000,
      detached: (_emitter, feeds, reason) => {
        this.detachments.push({ channels: feeds.map(({ channel }) => channel), reason });
      },
    };
  }

  /** A feed that stands where the store stands. */
  async feed(channel: string): Promise<Feed> {
    const feed = new Feed(channel, this.#feedContext);
    const [position = originPosition] = await this.#feedContext.store.positions([channel]);
    feed.open(position);
    return feed;
  }

  emitter(outlet = new RecordingOutlet()): Emitter {
    return new Emitter({ userId: '1' }, outlet, this.#emitterContext);
  }
}

/** The offset of a channel in a cursor text; undefined where the cursor has no such channel. */
export function offsetIn(cursor: string, channel: string): number | undefined {
  return parseCursor(cursor).get(channelKey(channel))?.offset;
}
