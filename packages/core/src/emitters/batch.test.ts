import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { sampleStored } from '../test-doubles/envelopes.js';
import { Batch } from './batch.js';
import { type Encoding, Outgoing } from './outgoing.js';

const encodingWith = (separator: string): Encoding => ({
  encode: ({ offset, dataJson }) => Buffer.from(`${offset}:${dataJson}`),
  separator: Buffer.from(separator),
});
const lines = encodingWith('\n');
const outgoings = Array.from({ length: 6 }, (_, index) => {
  return new Outgoing(sampleStored('user:1', index + 1, { dataJson: `"é${'x'.repeat(index)}"` }));
});
const history = fc.array(fc.constantFrom(...outgoings), { maxLength: 12 });

function add(batch: Batch, items: readonly Outgoing[]): Batch {
  return items.reduce((current, outgoing) => current.with(outgoing), batch);
}

test('the bytes of any history are the plain join, whatever else was added to the same batches', () => {
  const histories = fc.array(history, { maxLength: 6 });
  fc.assert(
    fc.property(histories, fc.constantFrom('', '\n', '--'), (all, separator) => {
      const encoding = encodingWith(separator);
      const root = Batch.empty();
      const batches = all.map((items) => add(root, items));
      all.forEach((items, index) => {
        const naive = items.map(({ envelope }) => encoding.encode(envelope).toString());
        expect(batches[index]?.bytes(encoding).toString()).toBe(naive.join(separator));
      });
    }),
  );
});

test('receivers that are due the same share one batch and one buffer', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 2, max: 20 }), (items, receivers) => {
      const root = Batch.empty();
      // All receivers are given each notification before the next one comes.
      let batches = Array.from({ length: receivers }, () => root);
      for (const outgoing of items) batches = batches.map((batch) => batch.with(outgoing));
      expect(new Set(batches).size).toBe(1);
      expect(new Set(batches.map((batch) => batch.bytes(lines))).size).toBe(1);
    }),
  );
});

test('a batch is not changed by what is added to it', () => {
  const [one, two, three] = outgoings;
  if (!one || !two || !three) throw new Error('three are needed');
  const batch = Batch.empty().with(one);
  const before = batch.bytes(lines).toString();
  const longer = batch.with(two);
  const other = batch.with(three);
  expect(batch.bytes(lines).toString()).toBe(before);
  expect(longer.bytes(lines).toString()).toContain('2:');
  expect(other.bytes(lines).toString()).not.toContain('2:');
});

test('one notification alone costs no copy, and is encoded once for all receivers', () => {
  const encode = vi.fn((envelope) => lines.encode(envelope));
  const encoding = { encode, separator: lines.separator };
  const outgoing = new Outgoing(sampleStored('user:1', 1));
  const alone = Batch.empty().with(outgoing);
  expect(alone.bytes(encoding)).toBe(outgoing.bytes(encoding));
  Batch.empty().with(outgoing).with(outgoing).bytes(encoding);
  expect(encode).toHaveBeenCalledTimes(1);
});

test('each encoding has its own bytes', () => {
  const [one, two] = outgoings;
  if (!one || !two) throw new Error('two are needed');
  const batch = Batch.empty().with(one).with(two);
  const tabs = encodingWith('\t');
  expect(batch.bytes(lines).toString().replace('\n', '\t')).toBe(batch.bytes(tabs).toString());
  expect(batch.bytes(lines)).toBe(batch.bytes(lines));
});

test('a batch knows the channels of what is among it', () => {
  const batch = add(Batch.empty(), outgoings.slice(0, 2));
  expect(batch.concerns('user:1')).toBe(true);
  expect(batch.concerns('user:2')).toBe(false);
  expect(batch.with(new Outgoing(sampleStored('user:2', 1))).concerns('user:1')).toBe(true);
  expect(Batch.empty().concerns('user:1')).toBe(false);
});
