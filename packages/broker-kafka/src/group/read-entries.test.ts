import { describe, expect, test } from 'vitest';
import { readEntries } from './read-entries.js';

const abortMarker = 0x30;
const transactional = 0x10;

interface Written {
  readonly first: number;
  /** Offsets of the records that are there, beginning with `first`. */
  readonly offsets: readonly number[];
  readonly last?: number;
  readonly attributes?: number;
  readonly producer?: bigint;
}

/** A batch as it lies in the log, its records without key, value and headers. */
function batch({ first, offsets, last = offsets.at(-1) ?? first, ...more }: Written): Buffer {
  const records = offsets.map((offset) => {
    // Length, attributes, timestamp, offset, no key, no value, no headers; all in zigzag.
    const body = [0, 0, (offset - first) * 2, 1, 1, 0];
    return Buffer.from([body.length * 2, ...body]);
  });
  const bytes = Buffer.concat([Buffer.alloc(61), ...records]);
  bytes.writeBigInt64BE(BigInt(first), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(more.attributes ?? 0, 21);
  bytes.writeInt32BE(last - first, 23);
  bytes.writeBigInt64BE(more.producer ?? -1n, 43);
  bytes.writeInt32BE(records.length, 57);
  return bytes;
}

const noCodec = () => Promise.reject(new Error('no codec'));

/** Offsets of records, `?` for what cannot be read, `-` for what is not to be seen; then the next offset. */
async function read(batches: readonly Buffer[], from = 0, aborted: [bigint, number][] = []) {
  const fetched = {
    partition: 0,
    batches: Buffer.concat(batches),
    aborted: aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset })),
  };
  const entries = await readEntries(fetched, from, noCodec);
  return entries.map(
    ({ record, unreadable, next }) =>
      `${record?.offset ?? (unreadable === undefined ? '-' : '?')} ${next}`,
  );
}

describe('readEntries', () => {
  test('begins in the middle of a batch, and passes what compaction removed', async () => {
    const batches = [
      batch({ first: 5, offsets: [5, 6, 7] }),
      batch({ first: 8, offsets: [8], last: 10 }),
    ];
    expect(await read(batches, 6)).toEqual(['6 7', '7 8', '8 9', '- 11']);
  });

  test('a batch of an unknown codec is one entry in its place', async () => {
    const batches = [
      batch({ first: 0, offsets: [0] }),
      batch({ first: 1, offsets: [1, 2, 3], attributes: 4 }),
      batch({ first: 4, offsets: [4] }),
    ];
    expect(await read(batches)).toEqual(['0 1', '? 4', '4 5']);
  });

  test('offsets that no log has make a batch unreadable', async () => {
    expect(await read([batch({ first: 0, offsets: [0, 0], last: 1 })])).toEqual(['? 2']);
    expect(await read([batch({ first: 0, offsets: [0, 5], last: 1 })])).toEqual(['? 2']);
  });

  test('a transaction that was given up is not seen, up to its marker; others of the time are', async () => {
    const by = (first: number, producer: bigint) =>
      batch({ first, offsets: [first], attributes: transactional, producer });
    const marker = (first: number, producer: bigint) =>
      batch({ first, offsets: [first], attributes: abortMarker, producer });
    const batches = [by(0, 1n), by(1, 2n), by(2, 1n), marker(3, 1n), by(4, 1n), marker(5, 2n)];
    expect(await read(batches, 0, [[1n, 0]])).toEqual([
      ...['- 1', '1 2', '- 3', '- 4', '4 5', '- 6'],
    ]);
    expect(await read(batches, 0, [[1n, 4]])).toEqual([
      ...['0 1', '1 2', '2 3', '- 4', '- 5', '- 6'],
    ]);
  });
});
