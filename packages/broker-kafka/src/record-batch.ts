import type { IncomingRecord } from './kafka-record.js';

/** One record batch as it lies in the log (format 2, Kafka 0.11 and later). */
export interface RecordBatch {
  readonly baseOffset: number;
  /** Offset of its last record, also where compaction removed that record. */
  readonly lastOffset: number;
  readonly magic: number;
  /** 0: not compressed. */
  readonly codec: number;
  /** Part of a transaction of `producerId`. */
  readonly transactional: boolean;
  /** Written by transactions, not by applications. */
  readonly control: boolean;
  readonly producerId: bigint;
  readonly appendTime: boolean;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly count: number;
  /** The records, compressed with `codec`. */
  readonly records: Buffer;
  /** All of the batch, as it lies in the log. */
  readonly bytes: Buffer;
}

const headerBytes = 61;
const prefixBytes = 12;

/** The whole batches at the beginning of `bytes`; Kafka may cut the last one short. */
export function splitBatches(bytes: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = [];
  let at = 0;
  while (at + headerBytes <= bytes.length) {
    const end = at + prefixBytes + bytes.readInt32BE(at + 8);
    if (end > bytes.length || end < at + headerBytes) break;
    batches.push(batchAt(bytes, at, end));
    at = end;
  }
  return batches;
}

function batchAt(bytes: Buffer, at: number, end: number): RecordBatch {
  const attributes = bytes.readInt16BE(at + 21);
  const baseOffset = Number(bytes.readBigInt64BE(at));
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    magic: bytes.readInt8(at + 16),
    codec: attributes & 0x07,
    appendTime: (attributes & 0x08) !== 0,
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    producerId: bytes.readBigInt64BE(at + 43),
    baseTimestamp: Number(bytes.readBigInt64BE(at + 27)),
    maxTimestamp: Number(bytes.readBigInt64BE(at + 35)),
    count: bytes.readInt32BE(at + 57),
    records: bytes.subarray(at + headerBytes, end),
    bytes: bytes.subarray(at, end),
  };
}

/**
 * The records of a batch, its bytes decompressed.
 * @throws RangeError where the bytes are not what the batch says
 */
export function readRecords(
  partition: number,
  batch: RecordBatch,
  bytes: Buffer,
): IncomingRecord[] {
  const reader = new VarintReader(bytes);
  const records: IncomingRecord[] = [];
  while (records.length < batch.count) {
    const end = reader.varint() + reader.at;
    reader.at += 1;
    const timestampDelta = reader.varint();
    const offset = batch.baseOffset + reader.varint();
    const key = reader.bytes();
    const value = reader.bytes();
    const headers = new Map<string, Buffer>();
    for (let count = reader.varint(); count > 0; count -= 1) {
      const name = reader.bytes()?.toString() ?? '';
      headers.set(name, reader.bytes() ?? Buffer.alloc(0));
    }
    if (reader.at !== end) throw new RangeError('a Kafka record is longer or shorter than it says');
    const timestamp = batch.appendTime ? batch.maxTimestamp : batch.baseTimestamp + timestampDelta;
    records.push({ partition, offset, key, value, headers, timestamp });
  }
  return records;
}

/** Reads zigzag varints of up to 53 bits and byte strings prefixed with one. */
class VarintReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < Number.MAX_SAFE_INTEGER; scale *= 128) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) throw new RangeError('a Kafka record is cut short');
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new RangeError('a number in a Kafka record is too large');
  }

  /** Null where the length is -1. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.at;
    if (start + length > this.#bytes.length) throw new RangeError('a Kafka record is cut short');
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }
}
