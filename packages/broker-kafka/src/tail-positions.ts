import type { ClusterLinks, TopicLayout } from './cluster-links.js';
import { partitionError } from './kafka-errors.js';
import type { IncomingRecord } from './kafka-record.js';
import { listOffsets } from './list-offsets.js';

/** Where a tail reads on in each partition. */
export class TailPositions {
  readonly #topic: string;
  readonly #links: ClusterLinks;
  readonly #protocolError: (code: number) => Error;
  readonly #next = new Map<number, number>();
  readonly #lost = new Set<number>();
  /** Whether every partition that there was at the start has had its place. */
  #started = false;

  constructor(topic: string, links: ClusterLinks, protocolError: (code: number) => Error) {
    this.#topic = topic;
    this.#links = links;
    this.#protocolError = protocolError;
  }

  get started(): boolean {
    return this.#started;
  }

  get(partition: number): number | undefined {
    return this.#next.get(partition);
  }

  /** Partitions and the offsets that are read next. */
  get all(): readonly (readonly [number, number])[] {
    return [...this.#next];
  }

  /**
   * Sets where to read on, whatever was read before.
   * @returns where it would have been read on; undefined for a partition without a place
   */
  moveTo(partition: number, next: number): number | undefined {
    const before = this.#next.get(partition);
    this.#next.set(partition, next);
    return before;
  }

  /** The position of `partition` is no longer within the log. */
  lose(partition: number): void {
    this.#lost.add(partition);
  }

  /**
   * Finds a place for partitions without one: the end at the start, the beginning of partitions
   * that were added since, the end again where the place was lost.
   * @returns the partitions whose place was lost
   */
  async fix({ leaders }: TopicLayout): Promise<readonly number[]> {
    for (const partition of [...this.#next.keys()]) {
      if (!leaders.has(partition)) this.#next.delete(partition);
    }
    const reset = [...this.#lost].filter((partition) => leaders.has(partition));
    const absent = [...leaders.keys()].filter((partition) => !this.#next.has(partition));
    const fromEnd = this.#started ? reset : absent;
    const fromStart = this.#started ? absent.filter((each) => !this.#lost.has(each)) : [];
    await Promise.all([
      this.#list(fromEnd, leaders, 'latest'),
      this.#list(fromStart, leaders, 'earliest'),
    ]);
    this.#lost.clear();
    this.#started = true;
    return reset;
  }

  /** Notes that `records` were read up to `next`; leaves out what was read before. */
  advance(
    partition: number,
    records: readonly IncomingRecord[],
    next: number | undefined,
  ): readonly IncomingRecord[] {
    const from = this.#next.get(partition);
    // Two loops can read a partition for a moment while its leader changes.
    if (from === undefined || next === undefined || next <= from) return [];
    this.#next.set(partition, next);
    return records.filter(({ offset }) => offset >= from);
  }

  async #list(
    partitions: readonly number[],
    leaders: ReadonlyMap<number, number>,
    at: 'earliest' | 'latest',
  ): Promise<void> {
    const found = await listOffsets(this.#links, this.#topic, partitions, leaders, at);
    for (const { partition, errorCode, offset } of found) {
      if (errorCode !== partitionError.none) throw this.#protocolError(errorCode);
      this.#next.set(partition, offset);
    }
  }
}
