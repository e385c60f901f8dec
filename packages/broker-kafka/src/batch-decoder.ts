import type { FetchedPartition } from './fetch-answer.js';
import type { IncomingRecord } from './kafka-record.js';
import { type RecordBatch, readRecords, splitBatches } from './record-batch.js';

/** Called for a batch that cannot be read: another codec, another format, or not Kafka's at all. */
export type OnUnreadable = (partition: number, batch: RecordBatch, error: unknown) => void;

/** Rejects where the codec is not known. */
export type Decompress = (codec: number, bytes: Buffer) => Promise<Buffer>;

const currentMagic = 2;

/** The records of one batch. Rejects where it cannot be read. */
export async function readBatch(
  partition: number,
  batch: RecordBatch,
  decompress: Decompress,
): Promise<IncomingRecord[]> {
  if (batch.magic !== currentMagic) throw new Error(`record format ${batch.magic} is too old`);
  const plain = batch.codec === 0 ? batch.records : await decompress(batch.codec, batch.records);
  return readRecords(partition, batch, plain);
}

/**
 * The records of what was fetched of one partition, and the offset to read on from. An unreadable
 * batch is reported and passed: neither its partition nor another one waits for it.
 */
export async function decodeBatches(
  { partition, batches: bytes }: Pick<FetchedPartition, 'partition' | 'batches'>,
  decompress: Decompress,
  onUnreadable: OnUnreadable,
): Promise<{ records: IncomingRecord[]; next: number | undefined }> {
  const records: IncomingRecord[] = [];
  let next: number | undefined;
  for (const batch of splitBatches(bytes)) {
    next = batch.lastOffset + 1;
    if (batch.control) continue;
    try {
      for (const record of await readBatch(partition, batch, decompress)) records.push(record);
    } catch (error) {
      onUnreadable(partition, batch, error);
    }
  }
  return { records, next };
}
