import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outgoing } from '../emitters/outgoing.js';
import { originPosition } from '../positions/position.js';
import { positionOf, sampleId, sampleStored } from '../test-doubles/envelopes.js';
import { Ring } from './ring.js';

const channel = 'user:1';

function filled(ring: Ring, count: number, dataJson = '1'): readonly Outgoing[] {
  return Array.from({ length: count }, (_, index) => {
    const outgoing = new Outgoing(sampleStored(channel, index + 1, { dataJson }));
    ring.push(outgoing);
    return outgoing;
  });
}

function at(offset: number) {
  return positionOf(sampleStored(channel, offset));
}

test('what came after a position that is held is given, in order and as the same objects', () => {
  const ring = new Ring(10, 1_000, originPosition);
  const outgoings = filled(ring, 5);
  expect(ring.after(at(2))).toEqual(outgoings.slice(2));
  expect(ring.after(at(2))?.[0]).toBe(outgoings[2]);
  expect(ring.after(at(5))).toEqual([]);
});

test('a position that is not held, of another epoch or with another tag, gets no answer', () => {
  const ring = new Ring(3, 1_000, originPosition);
  filled(ring, 5);
  expect(ring.after(at(1))).toBeUndefined();
  expect(ring.after(at(3))).toHaveLength(2);
  expect(ring.after(at(6))).toBeUndefined();
  expect(ring.after(at(0))).toBeUndefined();
  expect(ring.after({ ...at(4), epoch: 'e2' })).toBeUndefined();
  expect(ring.after({ ...at(4), tag: 'ffffffff' })).toBeUndefined();
});

test('G9 it never holds more than its count, nor more data than its bytes', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 60 }),
      (data, maxCount, maxBytes) => {
        const ring = new Ring(maxCount, maxBytes, originPosition);
        data.forEach((size, index) => {
          ring.push(new Outgoing(sampleStored(channel, index + 1, { dataJson: 'x'.repeat(size) })));
        });
        // As many of the newest as fit, counted by hand.
        let kept = 0;
        let bytes = 0;
        for (const size of data.toReversed()) {
          if (kept === maxCount || bytes + size > maxBytes) break;
          kept += 1;
          bytes += size;
        }
        const last = data.length;
        for (let offset = 1; offset <= last; offset += 1) {
          // The place before the oldest is known too.
          const known = offset >= last - kept;
          expect(ring.after(at(offset))?.length).toBe(known ? last - offset : undefined);
        }
      },
    ),
  );
});

test('one notification larger than the ring leaves it empty', () => {
  const ring = new Ring(10, 100, originPosition);
  filled(ring, 3);
  ring.push(new Outgoing(sampleStored(channel, 4, { dataJson: 'x'.repeat(101) })));
  expect(ring.after(at(3))).toBeUndefined();
  expect(ring.after(at(4))).toEqual([]);
});

test('what came before the ring began is known by its place alone', () => {
  const before = at(7);
  const ring = new Ring(2, 1_000, before);
  expect(ring.after(before)).toEqual([]);
  expect(ring.after({ ...before, tag: 'ffffffff' })).toBeUndefined();
  for (const offset of [8, 9]) ring.push(new Outgoing(sampleStored(channel, offset)));
  expect(ring.after(before)).toHaveLength(2);
  ring.push(new Outgoing(sampleStored(channel, 10)));
  expect(ring.after(before)).toBeUndefined();
  expect(ring.after(at(8))).toHaveLength(2);
});

test('another notification in the place of one that is known is a contradiction', () => {
  const ring = new Ring(2, 1_000, originPosition);
  filled(ring, 4);
  expect(ring.contradicts(sampleStored(channel, 3))).toBe(false);
  expect(ring.contradicts(sampleStored(channel, 3, { id: sampleId(30) }))).toBe(true);
  // The place before the oldest that is held is known, too.
  expect(ring.contradicts(sampleStored(channel, 2))).toBe(false);
  expect(ring.contradicts(sampleStored(channel, 2, { id: sampleId(20) }))).toBe(true);
  expect(ring.contradicts(sampleStored(channel, 1, { id: sampleId(10) }))).toBe(false);
});
