/** One partition of a fetch answer, its record batches still as bytes. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Transactions that were given up, where only what is committed was asked for. */
  readonly aborted: readonly AbortedTransaction[];
  readonly batches: Buffer;
}

/** What a producer wrote from an offset on, up to the marker that says so, does not count. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchAnswer {
  /** Named as kafkajs looks for it (KIP-219). */
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
}

/**
 * Reads a Fetch answer of version 11. Unlike kafkajs it leaves the batches alone, so that one that
 * cannot be read concerns its own partition only.
 *
 * throttle_time_ms int32, error_code int16, session_id int32, [topic string, [partition int32,
 * error_code int16, high_watermark int64, last_stable_offset int64, log_start_offset int64,
 * [producer_id int64, first_offset int64], preferred_read_replica int32, record_set bytes]]
 */
export function readFetchAnswer(payload: Buffer): FetchAnswer {
  let at = 0;
  const int16 = (): number => {
    at += 2;
    return payload.readInt16BE(at - 2);
  };
  const int32 = (): number => {
    at += 4;
    return payload.readInt32BE(at - 4);
  };
  const int64 = (): bigint => {
    at += 8;
    return payload.readBigInt64BE(at - 8);
  };
  const bytes = (length: number): Buffer => {
    if (length <= 0) return payload.subarray(at, at);
    if (at + length > payload.length) throw new RangeError('a fetch answer is cut short');
    at += length;
    return payload.subarray(at - length, at);
  };

  const clientSideThrottleTime = int32();
  at += 2 + 4;
  const partitions: FetchedPartition[] = [];
  for (let topics = int32(); topics > 0; topics -= 1) {
    const topic = bytes(int16()).toString();
    for (let count = int32(); count > 0; count -= 1) {
      const partition = int32();
      const errorCode = int16();
      at += 3 * 8;
      const aborted: AbortedTransaction[] = [];
      for (let left = int32(); left > 0; left -= 1) {
        aborted.push({ producerId: int64(), firstOffset: Number(int64()) });
      }
      at += 4;
      partitions.push({ topic, partition, errorCode, aborted, batches: bytes(int32()) });
    }
  }
  return { clientSideThrottleTime, partitions };
}
