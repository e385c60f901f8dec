/** A record to be produced. Records with one key, or that are routed by one text, keep their order. */
export interface ProducedRecord {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
  /** What the partition is chosen by. Default: the key. */
  readonly routedBy?: string;
}

/** As the broker writes them. */
export interface OutgoingRecord extends ProducedRecord {
  readonly key: string;
  readonly value: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it was read. */
export interface IncomingRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Of a name that occurs several times, the last. */
  readonly headers: ReadonlyMap<string, Buffer>;
  /** Milliseconds since 1970 UTC. */
  readonly timestamp: number;
}
