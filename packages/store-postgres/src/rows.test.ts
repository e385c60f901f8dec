import { isStored, originPosition } from '@realtime-notify/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byPlace, outcomeFrom, pageFrom, positionFrom, stateFrom } from './rows.js';

const id = '0193a1b2-0000-7000-8000-0000b302099a';
const draft = { channel: 'user:1', id, type: 'message', time: 7, dataJson: '"x"' };
const place = { epoch: 'e1', offset: '9007199254740991', previous_tag: '00000000' };
const head = { epoch: 'e1', head: '2', tag: 'b302099a' };

test('64-bit integers come as text, or as a number where the host has told the driver so', () => {
  for (const offset of ['5', 5, 5n]) {
    const outcome = outcomeFrom({ status: 'appended', ...place, offset }, draft);
    expect(outcome).toMatchObject({ envelope: { offset: 5, channel: 'user:1', dataJson: '"x"' } });
  }
});

test('no row is no log', () => {
  expect(positionFrom(undefined)).toEqual(originPosition);
  expect(stateFrom(undefined)).toEqual({ position: originPosition, stateJson: null });
  expect(pageFrom(undefined, 'user:1')).toEqual({ items: [], logStart: 1, head: originPosition });
});

test('a page without items is a row with the head alone', () => {
  const row = { place: 0, ...head, log_start: '3', offset: null };
  expect(pageFrom([row], 'user:1')).toMatchObject({ items: [], logStart: 3, head: { offset: 2 } });
});

test('rows find the place that they are of', () => {
  const rows = byPlace([
    { place: 1, n: 1 },
    { place: 0, n: 2 },
    { place: '1', n: 3 },
  ]);
  expect(rows.get(1)).toMatchObject([{ n: 1 }, { n: 3 }]);
  expect(rows.get(0)).toMatchObject([{ n: 2 }]);
});

test('H-POSTGRES-ROW whatever our tables hold, it is read as ours or refused', () => {
  const value = fc.oneof(
    fc.constantFrom(...Object.values({ ...place, ...head }), id),
    fc.anything(),
  );
  const row = fc.record({
    status: fc.constantFrom('appended', 'duplicate', 'conflict', 'moved', 'other'),
    ...{ epoch: value, offset: value, head: value, tag: value, log_start: value },
    ...{
      id: value,
      type: value,
      time: value,
      data: value,
      traceparent: value,
      previous_tag: value,
    },
  });
  const refused = { code: 'STORE_UNAVAILABLE' };
  fc.assert(
    fc.property(row, (one) => {
      for (const read of [() => outcomeFrom(one, draft), () => pageFrom([one], 'user:1')]) {
        try {
          const answer = read();
          const items =
            'items' in answer ? answer.items : 'envelope' in answer ? [answer.envelope] : [];
          expect(items.every(isStored)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject(refused);
        }
      }
    }),
  );
});
