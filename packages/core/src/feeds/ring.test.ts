import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outgoing } from '../emitters/outgoing.js';
import { positionOf, sampleStored } from '../test-doubles/envelopes.js';
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
  const ring = new Ring(10, 1_000);
  const outgoings = filled(ring, 5);
  expect(ring.after(at(2))).toEqual(outgoings.slice(2));
  expect(ring.after(at(2))?.[0]).toBe(outgoings[2]);
  expect(ring.after(at(5))).toEqual([]);
});

test('a position that is not held, of another epoch or with another tag, gets no answer', () => {
  const ring = new Ring(3, 1_000);
  filled(ring, 5);
  expect(ring.after(at(2))).toBeUndefined();
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
        const ring = new Ring(maxCount, maxBytes);
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
          const held = offset > last - kept;
          expect(ring.after(at(offset))?.length).toBe(held ? last - offset : undefined);
        }
      },
    ),
  );
});

test('one notification larger than the ring leaves it empty', () => {
  const ring = new Ring(10, 100);
  filled(ring, 3);
  ring.push(new Outgoing(sampleStored(channel, 4, { dataJson: 'x'.repeat(101) })));
  expect(ring.after(at(3))).toBeUndefined();
  expect(ring.after(at(4))).toBeUndefined();
});

test('cleared, it holds nothing and counts from nothing', () => {
  const ring = new Ring(10, 3);
  filled(ring, 3);
  ring.clear();
  expect(ring.after(at(3))).toBeUndefined();
  filled(ring, 3);
  expect(ring.after(at(1))).toHaveLength(2);
});
