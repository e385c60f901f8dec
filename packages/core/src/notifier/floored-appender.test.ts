import { expect, test } from 'vitest';
import type { Draft } from '../ports/store.js';
import type { Position } from '../positions/position.js';
import { positionOf, sampleDraft, sampleStored } from '../test-doubles/envelopes.js';
import { FlooredAppender } from './floored-appender.js';

/** An appender over a store that gives the places it is told, and what it passed on as floors. */
function appenderOver(followed: Record<string, Position> = {}, maxRemembered?: number) {
  const floors: (Position | undefined)[] = [];
  let places: readonly { epoch: string; offset: number }[] = [];
  const append = async (drafts: readonly Draft[]) => {
    floors.push(...drafts.map(({ floor }) => floor));
    return drafts.map(({ channel }, i) => {
      const envelope = sampleStored(channel, 1, places[i]);
      return { status: 'appended' as const, envelope };
    });
  };
  const feeds = { floorOf: (channel: string) => followed[channel] };
  const appender = new FlooredAppender({ append }, feeds, maxRemembered);
  return async (channels: readonly string[], ...given: typeof places) => {
    places = given;
    await appender.append(channels.map((channel, n) => sampleDraft(channel, n)));
    return floors.splice(0);
  };
}

const at = (offset: number, epoch = 'e1') => ({ epoch, offset });
const stored = (channel: string, offset: number, epoch = 'e1') =>
  positionOf({ ...sampleStored(channel, 1), epoch, offset });

test('the furthest place of this node’s own appends is the floor of the next', async () => {
  const append = appenderOver();
  expect(await append(['a'], at(7))).toEqual([undefined]);
  expect(await append(['a', 'b'], at(6), at(1))).toEqual([stored('a', 7), undefined]);
  expect(await append(['a', 'b'], at(8, 'e2'), at(2))).toEqual([stored('a', 7), stored('b', 1)]);
  expect(await append(['a'], at(9, 'e2'))).toEqual([stored('a', 8, 'e2')]);
});

test('what a feed knows counts where it is further, or of another epoch', async () => {
  const append = appenderOver({ a: stored('a', 5), b: stored('b', 5), c: stored('c', 5, 'e2') });
  expect(await append(['a', 'b', 'c'], at(3), at(9), at(9))).toMatchObject([
    at(5),
    at(5),
    at(5, 'e2'),
  ]);
  expect(await append(['a', 'b', 'c'], at(4), at(10), at(10))).toMatchObject([
    at(5),
    at(9),
    at(5, 'e2'),
  ]);
});

test('the channel written to longest ago is forgotten', async () => {
  const append = appenderOver({}, 2);
  await append(['a', 'b', 'a', 'c'], at(1), at(1), at(2), at(1));
  expect(await append(['a', 'b', 'c'], at(3), at(2), at(2))).toMatchObject([
    at(2),
    undefined,
    at(1),
  ]);
});
