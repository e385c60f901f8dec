import { expect, test } from 'vitest';
import type { RedisReply } from './redis-link.js';
import { refusedForNow } from './refused-for-now.js';

const done: RedisReply = { error: null, value: 'ok' };
const refusal = (message: string): RedisReply => ({ error: new Error(message) });
const moved = refusal('MOVED 1 b:7');
const later = refusal('TRYAGAIN');
const to = { host: 'b', port: 7 };

/** What of calls for these slots, answered like that, may be sent again. */
function placesOf(answers: readonly [slot: number, reply: RedisReply][]): number[] {
  const calls = answers.map(([slot], place) => ({ slot, place }));
  const replies = answers.map(([, reply]) => reply);
  return refusedForNow(calls, replies).map(({ place }) => place);
}

test('what was refused because the keys are elsewhere may be sent again, with the way to go', () => {
  const calls = [0, 1, 2, 3].map((place) => ({ place, slot: place }));
  const replies = [moved, done, later, refusal('ASK 1 b:7')];
  expect(refusedForNow(calls, replies)).toEqual([
    { place: 0, slot: 0, kind: 'moved', to },
    { place: 2, slot: 2, kind: 'later', to: undefined },
    { place: 3, slot: 3, kind: 'asked', to },
  ]);
});

test('other failures may have been done and are not sent again', () => {
  const lost = refusal('Connection is closed.');
  expect(placesOf([1, 2, 3].map((slot) => [slot, lost]))).toEqual([]);
});

test('nothing is sent again that would come after a later call for its slot', () => {
  expect(
    placesOf([
      [1, later],
      [2, later],
      [1, done],
      [1, later],
    ]),
  ).toEqual([1, 3]);
});
