import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecords, splitBatches } from './record-batch.js';

interface Encoder {
  readonly buffer: Buffer;
}

// kafkajs writes the batches that we read; its encoder has no types.
const require = createRequire(import.meta.url);
const { RecordBatch: encodeBatch }: { RecordBatch(options: object): Promise<Encoder> } =
  require('kafkajs/src/protocol/recordBatch/v0');
const encodeRecord: (record: object) => Encoder =
  require('kafkajs/src/protocol/recordBatch/record/v0');

interface Written {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampDelta: number;
}

const firstTimestamp = 1_700_000_000_000;

async function write(records: readonly Written[], firstOffset = 0): Promise<Buffer> {
  const batch = await encodeBatch({
    firstOffset,
    firstTimestamp,
    maxTimestamp: firstTimestamp,
    lastOffsetDelta: records.length - 1,
    records: records.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta })),
  });
  return batch.buffer;
}

function readAll(bytes: Buffer) {
  return splitBatches(bytes).flatMap((batch) => readRecords(3, batch, batch.records));
}

const text = fc.string({ unit: 'binary' });
const written: fc.Arbitrary<Written> = fc.record({
  key: fc.option(text),
  value: fc.option(text),
  headers: fc.dictionary(fc.string({ minLength: 1 }), text),
  timestampDelta: fc.integer({ min: -(2 ** 33), max: 2 ** 33 }),
});
const batches = fc.array(fc.array(written, { minLength: 1, maxLength: 5 }), { maxLength: 4 });

describe('record batches', () => {
  test('what kafkajs writes is read, wherever Kafka cuts the answer', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(40), async (all, missing) => {
        const parts = await Promise.all(all.map((records, i) => write(records, i * 10)));
        const whole = Buffer.concat(parts);
        const bytes = whole.subarray(0, whole.length - missing);
        const expected = all.flatMap((records, batch) =>
          records.map((record, i) => ({ ...record, offset: batch * 10 + i, batch })),
        );
        // A cut takes off whole batches only.
        let end = 0;
        const complete = parts.map((part) => {
          end += part.length;
          return end <= bytes.length;
        });
        const wanted = expected.filter(({ batch }) => complete[batch] === true);
        const read = readAll(bytes);
        expect(read.map(({ offset }) => offset)).toEqual(wanted.map(({ offset }) => offset));
        for (const [i, record] of read.entries()) {
          const source = wanted[i];
          expect(record.key?.toString() ?? null).toBe(source?.key);
          expect(record.value?.toString() ?? null).toBe(source?.value);
          expect(record.timestamp).toBe(firstTimestamp + (source?.timestampDelta ?? 0));
          expect(
            new Map([...record.headers].map(([name, bytes]) => [name, bytes.toString()])),
          ).toEqual(new Map(Object.entries(source?.headers ?? {})));
        }
      }),
    );
  });

  test('any bytes: an error or records, never a hang or another kind of failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
        try {
          readAll(Buffer.from(array));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  test('damaged bytes: an error or records, never a hang or another kind of failure', async () => {
    const record = { key: 'k', value: 'v'.repeat(50), headers: { a: 'b' }, timestampDelta: 1 };
    const good = await write([record, record, record]);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        try {
          readAll(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
