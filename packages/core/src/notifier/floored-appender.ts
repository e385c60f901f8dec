import { OldestFirst } from '../collections/oldest-first.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { StoredEnvelope } from '../notification/notification.js';
import type { AppendOutcome, Draft } from '../ports/store.js';
import { type Position, positionOf } from '../positions/position.js';
import type { Appender } from './append-audience.js';

/**
 * Appends with what this node knows of the channels, from its feeds and from what it appended itself: a
 * store that came back without its latest notifications does not give their places to others under the
 * same epoch. What it appended is remembered for a batch job's sake, which follows nothing; bounded, the
 * channel written to longest ago goes first.
 */
export class FlooredAppender implements Appender {
  readonly #store: Appender;
  readonly #feeds: Pick<FeedTable, 'floorOf'>;
  readonly #maxRemembered: number;
  /** The furthest place of each channel, in the order of the last append. */
  readonly #appended = new OldestFirst<string, Position>();

  constructor(store: Appender, feeds: Pick<FeedTable, 'floorOf'>, maxRemembered = 10_000) {
    this.#store = store;
    this.#feeds = feeds;
    this.#maxRemembered = maxRemembered;
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outcomes = await this.#store.append(
      drafts.map((draft) => ({ ...draft, floor: this.#floorOf(draft.channel) })),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'appended') this.learn(outcome.envelope);
    }
    return outcomes;
  }

  /** This was appended some other way. */
  learn(envelope: StoredEnvelope): void {
    this.#remember(envelope.channel, positionOf(envelope));
  }

  #floorOf(channel: string): Position | undefined {
    const followed = this.#feeds.floorOf(channel);
    const own = this.#appended.get(channel);
    return followed === undefined || isFurther(own, followed) ? own : followed;
  }

  #remember(channel: string, place: Position): void {
    const known = this.#appended.get(channel);
    // Appends that run side by side may be told of in any order.
    this.#appended.set(channel, known !== undefined && isFurther(known, place) ? known : place);
    const oldest = this.#appended.size > this.#maxRemembered ? this.#appended.oldest() : undefined;
    if (oldest !== undefined) this.#appended.delete(oldest[0]);
  }
}

function isFurther(place: Position | undefined, than: Position): boolean {
  return place?.epoch === than.epoch && place.offset > than.offset;
}
