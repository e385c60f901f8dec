import type { AppendOutcome, Draft } from '../ports/store.js';
import { nextTurn } from '../time/next-turn.js';

/** Takes appends as a store does. */
export interface Appender {
  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]>;
}

/** What a notification consists of, whatever the channel. */
export type Content = Omit<Draft, 'channel'>;

/** What became of some channels of an audience, in their order. */
export interface Appended {
  readonly channels: readonly string[];
  readonly outcomes: readonly AppendOutcome[];
}

/** Channels appended to in one call. */
const chunk = 100;

/**
 * Appends one content to several channels, some at a time: neither the store nor the event loop is kept
 * from others by a large audience.
 *
 * With an idempotency key one channel goes ahead, the same for every attempt: where an earlier one had
 * stored it there, its id and time are those for the channels that the attempt did not reach. Where it
 * fails, the others are left alone.
 */
export async function* appendAudience(
  appender: Appender,
  channels: readonly string[],
  content: Content,
): AsyncGenerator<Appended, void, void> {
  if (content.idempotency === undefined) {
    yield* appendChunks(appender, channels, content);
    return;
  }
  const first = smallest(channels);
  const outcomes = await appender.append([{ ...content, channel: first }]);
  yield { channels: [first], outcomes };
  const [outcome] = outcomes;
  if (outcome === undefined || outcome.status === 'failed') return;
  const { id, time } = outcome.envelope;
  const others = channels.filter((channel) => channel !== first);
  yield* appendChunks(appender, others, { ...content, id, time });
}

async function* appendChunks(
  appender: Appender,
  channels: readonly string[],
  content: Content,
): AsyncGenerator<Appended, void, void> {
  for (let start = 0; start < channels.length; start += chunk) {
    if (start > 0) await nextTurn();
    const some = channels.slice(start, start + chunk);
    yield {
      channels: some,
      outcomes: await appender.append(some.map((channel) => ({ ...content, channel }))),
    };
  }
}

function smallest(channels: readonly string[]): string {
  let [first = ''] = channels;
  for (const channel of channels) if (channel < first) first = channel;
  return first;
}
