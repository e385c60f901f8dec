import { type Decompress, readBatch } from '../batch-decoder.js';
import type { AbortedTransaction, FetchedPartition } from '../fetch-answer.js';
import type { IncomingRecord } from '../kafka-record.js';
import { type RecordBatch, splitBatches } from '../record-batch.js';

/** A batch that cannot be read, with why: another codec, another format, or not Kafka's at all. */
export interface UnreadableBatch {
  readonly batch: RecordBatch;
  readonly error: unknown;
}

/** One thing in a partition, in its place. */
export interface ReadEntry {
  /** The offset behind it. */
  readonly next: number;
  /** About how much memory it holds. */
  readonly bytes: number;
  /** Absent where there is nothing to see: markers of transactions, what they took back. */
  readonly record?: IncomingRecord;
  readonly unreadable?: UnreadableBatch;
}

/** What is reckoned for an entry beside its key and value. */
const entryBytes = 200;

/**
 * What was fetched of one partition, in its order, from an offset on. A batch that cannot be read is one
 * entry, and keeps nothing else from being read.
 */
export async function readEntries(
  { partition, batches, aborted }: Omit<FetchedPartition, 'topic' | 'errorCode'>,
  from: number,
  decompress: Decompress,
): Promise<readonly ReadEntry[]> {
  const entries: ReadEntry[] = [];
  const transactions = new Transactions(aborted);
  let at = from;
  for (const batch of splitBatches(batches)) {
    const next = batch.lastOffset + 1;
    if (next <= at) continue;
    const isHidden = transactions.takeBack(batch);
    try {
      const records = isHidden ? [] : await readBatch(partition, batch, decompress);
      const wanted = records.filter(({ offset }) => offset >= at);
      entries.push(...entriesOf(wanted, at, next));
    } catch (error) {
      const bytes = entryBytes + batch.bytes.length;
      entries.push({ next, bytes, unreadable: { batch, error } });
    }
    at = next;
  }
  return entries;
}

/** @throws RangeError where offsets are not as a log has them */
function entriesOf(records: readonly IncomingRecord[], from: number, end: number): ReadEntry[] {
  let at = from;
  const entries = records.map((record): ReadEntry => {
    const { key, value, offset } = record;
    if (offset < at || offset >= end)
      throw new RangeError('the offsets of a batch are in disorder');
    at = offset + 1;
    return { next: at, bytes: entryBytes + (key?.length ?? 0) + (value?.length ?? 0), record };
  });
  // Compaction may have removed the last ones.
  return at === end ? entries : [...entries, { next: end, bytes: entryBytes }];
}

/** Tells what transactions took back, of batches in the order of the log. */
class Transactions {
  readonly #coming: AbortedTransaction[];
  readonly #aborting = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset);
  }

  /** Whether there is nothing to see in a batch. */
  takeBack({ control, transactional, producerId, lastOffset }: RecordBatch): boolean {
    for (let [first] = this.#coming; first !== undefined && first.firstOffset <= lastOffset; ) {
      this.#aborting.add(first.producerId);
      this.#coming.shift();
      [first] = this.#coming;
    }
    // A marker ends the transaction of its producer, whichever way it went.
    if (control) this.#aborting.delete(producerId);
    return control || (transactional && this.#aborting.has(producerId));
  }
}
