import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FetchedPartition, readFetchAnswer } from './fetch-answer.js';

function write(
  throttleMs: number,
  topic: string,
  partitions: readonly Omit<FetchedPartition, 'topic'>[],
): Buffer {
  const int16 = (value: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return bytes;
  };
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const name = Buffer.from(topic);
  const int64 = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  };
  const written = partitions.flatMap(({ partition, errorCode, aborted: given, batches }, i) => {
    // Kafka says "no aborted transactions" as -1 or as an empty list.
    const count = given.length === 0 && i % 2 === 0 ? -1 : given.length;
    const aborted = Buffer.concat([
      int32(count),
      ...given.flatMap((each) => [int64(each.producerId), int64(BigInt(each.firstOffset))]),
    ]);
    const length = batches.length === 0 && i % 2 === 0 ? -1 : batches.length;
    return [
      ...[int32(partition), int16(errorCode), Buffer.alloc(24), aborted, int32(-1)],
      ...[int32(length), batches],
    ];
  });
  const head = [int32(throttleMs), int16(0), int32(0), int32(1), int16(name.length), name];
  return Buffer.concat([...head, int32(partitions.length), ...written]);
}

const partition = fc.record({
  partition: fc.nat(10_000),
  errorCode: fc.integer({ min: -1, max: 100 }),
  aborted: fc.array(
    fc.record({ producerId: fc.bigInt({ min: 0n, max: 2n ** 62n }), firstOffset: fc.maxSafeNat() }),
    { maxLength: 3 },
  ),
  batches: fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array)),
});

test('every partition is read with its error code and bytes', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ maxLength: 20 }), fc.array(partition), (ms, topic, all) => {
      const answer = readFetchAnswer(write(ms, topic, all));
      expect(answer.clientSideThrottleTime).toBe(ms);
      expect(answer.partitions).toEqual(all.map((each) => ({ topic, ...each })));
    }),
  );
});

test('a cut answer is an error', () => {
  fc.assert(
    fc.property(fc.array(partition, { minLength: 1 }), fc.nat(), (all, cut) => {
      const whole = write(0, 't', all);
      const bytes = whole.subarray(0, whole.length - 1 - (cut % (whole.length - 1)));
      const last = all.at(-1)?.batches.length ?? 0;
      // Without its last, empty byte string an answer can look whole.
      if (last > 0) expect(() => readFetchAnswer(bytes)).toThrow(RangeError);
    }),
  );
});
