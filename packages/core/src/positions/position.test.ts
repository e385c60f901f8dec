import { expect, test } from 'vitest';
import { mayHaveTag, NO_EPOCH, NO_TAG, originPosition, samePosition, tagOf } from './position.js';

test('the tag is the last four bytes of the id', () => {
  expect(tagOf('01890a5d-ac96-774b-bcce-b302099a8057')).toBe('099a8057');
});

test('positions are the same only in epoch, offset and tag', () => {
  const position = { epoch: 'e1', offset: 7, tag: '099a8057' };
  expect(samePosition(position, { ...position })).toBe(true);
  expect(samePosition(position, { ...position, epoch: 'e2' })).toBe(false);
  expect(samePosition(position, { ...position, offset: 8 })).toBe(false);
  expect(samePosition(position, { ...position, tag: '099a8058' })).toBe(false);
});

test('tags are compared where both are known', () => {
  const place = { epoch: 'e1', offset: 7, tag: '099a8057' };
  expect(mayHaveTag(place, '099a8057')).toBe(true);
  expect(mayHaveTag(place, '099a8058')).toBe(false);
  for (const unknown of [undefined, NO_TAG]) expect(mayHaveTag(place, unknown)).toBe(true);
  expect(mayHaveTag({ ...place, tag: NO_TAG }, '099a8057')).toBe(true);
});

test('the origin is before everything, and nobody can move it', () => {
  expect(originPosition).toEqual({ epoch: NO_EPOCH, offset: 0, tag: NO_TAG });
  expect(Object.isFrozen(originPosition)).toBe(true);
});
