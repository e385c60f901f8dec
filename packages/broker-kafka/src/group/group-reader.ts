import type { ClusterLinks, TopicLayout } from '../cluster-links.js';
import { backoffMs, pause } from '../deadline.js';
import type { FetchedPartition } from '../fetch-answer.js';
import { partitionError } from '../kafka-errors.js';
import type { FetchPlace, NodeConnection } from '../node-connection.js';
import type { ReadEntry } from './read-entries.js';

/** Takes what is read of one partition. */
export interface PartitionIntake {
  /** Whether more is to be read; `wake` is called when that becomes true. */
  readonly hasRoom: boolean;
  /** In the order of the partition. Must not throw. */
  take(entries: readonly ReadEntry[]): void;
}

/** A partition that is read. */
interface OpenPartition {
  readonly topic: string;
  readonly partition: number;
  readonly intake: PartitionIntake;
  next: number;
  /** The node to ask; undefined until that was found out. */
  leader: number | undefined;
}

export interface ReaderContext {
  readonly links: ClusterLinks;
  layout(topic: string): Promise<TopicLayout>;
  decode(fetched: FetchedPartition, from: number): Promise<readonly ReadEntry[]>;
  /** The first record kept, for a place that is outside the log. */
  firstKept(topic: string, partition: number): Promise<number>;
  protocolError(code: number): Error;
  readonly fetchWaitMs: number;
  readonly maxFetchBytes: number;
  readonly maxPartitionBytes: number;
  /** Records between these offsets are gone, and were not read. */
  onGap(place: FetchPlace, first: number): void;
  /** Some partition cannot be read just now; or, where that is undefined, all can again. */
  onState(error: unknown): void;
}

/** While a partition has no room the others are not left to wait for it, nor it for them. */
const shortWaitMs = 20;

/**
 * Reads some partitions, each from its place: one loop of fetches per leader. A partition whose taker has
 * no room is left out of the next fetch.
 */
export class GroupReader {
  readonly #context: ReaderContext;
  readonly #abort = new AbortController();
  readonly #open = new Map<string, OpenPartition>();
  readonly #loops = new Map<number, Promise<void>>();
  /** Where the next fetch begins, so that everyone comes first once. */
  #turn = 0;
  #placing: Promise<void> | undefined;
  #wake = alarm();

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  open({ topic, partition, offset }: FetchPlace, intake: PartitionIntake): void {
    const open = { topic, partition, intake, next: offset, leader: undefined };
    this.#open.set(keyOf(topic, partition), open);
    this.#place();
  }

  drop(topic: string, partition: number): void {
    this.#open.delete(keyOf(topic, partition));
  }

  /** Some partition has room again. */
  wake(): void {
    this.#wake.ring();
  }

  /** Reads nothing more. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#open.clear();
    this.wake();
    await this.#placing;
    await Promise.all(this.#loops.values());
  }

  /** Finds out who leads the partitions of which that is not known. */
  #place(): void {
    this.#placing ??= this.#findLeaders().finally(() => {
      this.#placing = undefined;
      if (this.#unplaced().length > 0 && !this.#abort.signal.aborted) this.#place();
    });
  }

  async #findLeaders(): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 0; this.#unplaced().length > 0 && !signal.aborted; attempt += 1) {
      if (attempt > 0) await pause(backoffMs(attempt, 50, 2_000), signal);
      for (const topic of new Set(this.#unplaced().map((open) => open.topic))) {
        try {
          const { leaders } = await this.#context.layout(topic);
          for (const open of this.#unplaced()) {
            const leader = open.topic === topic ? leaders.get(open.partition) : undefined;
            if (leader !== undefined && leader >= 0) open.leader = leader;
          }
        } catch (error) {
          if (!signal.aborted) this.#context.onState(error);
        }
      }
      for (const { leader } of this.#open.values()) {
        if (leader !== undefined) this.#startLoop(leader);
      }
      this.wake();
    }
  }

  #unplaced(): OpenPartition[] {
    return [...this.#open.values()].filter(({ leader }) => leader === undefined);
  }

  #startLoop(leader: number): void {
    if (this.#loops.has(leader) || this.#abort.signal.aborted) return;
    const loop = this.#read(leader).finally(() => {
      this.#loops.delete(leader);
      // A partition may have come to this leader while its loop was ending.
      if (this.#ledBy(leader).length > 0) this.#startLoop(leader);
    });
    this.#loops.set(leader, loop);
  }

  #ledBy(leader: number): OpenPartition[] {
    return [...this.#open.values()].filter((open) => open.leader === leader);
  }

  async #read(leader: number): Promise<void> {
    const { links, fetchWaitMs, maxFetchBytes: maxBytes, maxPartitionBytes } = this.#context;
    const { signal } = this.#abort;
    for (let led = this.#ledBy(leader); led.length > 0; led = this.#ledBy(leader)) {
      // Before the look: what has room afterwards rings this one.
      if (this.#wake.isRung) this.#wake = alarm();
      const { rung } = this.#wake;
      const ready = led.filter(({ intake }) => intake.hasRoom);
      if (ready.length === 0) {
        await pause(fetchWaitMs, signal, rung);
        continue;
      }
      let node: NodeConnection | undefined;
      try {
        node = await links.node(leader);
        const maxWaitMs = ready.length < led.length ? shortWaitMs : fetchWaitMs;
        const places = this.#inTurn(ready).map(({ topic, partition, next }) => ({
          ...{ topic, partition, offset: next },
        }));
        const limits = { maxWaitMs, maxBytes, maxPartitionBytes };
        const answer = await node.fetchCommitted(places, limits);
        for (const fetched of answer) await this.#take(fetched, ready);
        if (this.#unplaced().length === 0) this.#context.onState(undefined);
      } catch (error) {
        if (signal.aborted) return;
        if (node !== undefined) await links.drop(leader, node);
        this.#context.onState(error);
        for (const open of led) open.leader = undefined;
        this.#place();
      }
    }
  }

  #inTurn(ready: readonly OpenPartition[]): readonly OpenPartition[] {
    this.#turn = (this.#turn + 1) % ready.length;
    return [...ready.slice(this.#turn), ...ready.slice(0, this.#turn)];
  }

  async #take(fetched: FetchedPartition, asked: readonly OpenPartition[]): Promise<void> {
    const { topic, partition, errorCode } = fetched;
    const open = this.#open.get(keyOf(topic, partition));
    // It may have been given away, or given back to us with another place, while Kafka answered.
    if (open === undefined || !asked.includes(open)) return;
    if (errorCode === partitionError.none) {
      const entries = await this.#context.decode(fetched, open.next);
      const last = entries.at(-1);
      if (last === undefined || this.#open.get(keyOf(topic, partition)) !== open) return;
      open.next = last.next;
      open.intake.take(entries);
      return;
    }
    if (errorCode === partitionError.offsetOutOfRange) {
      const first = await this.#context.firstKept(topic, partition);
      if (this.#open.get(keyOf(topic, partition)) !== open) return;
      this.#context.onGap({ topic, partition, offset: open.next }, first);
      open.next = first;
      // Done with in its turn, or the group would be behind for as long as nothing else comes.
      open.intake.take([{ next: first, bytes: 0 }]);
      return;
    }
    this.#context.onState(this.#context.protocolError(errorCode));
    open.leader = undefined;
    this.#place();
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Rings once. */
function alarm(): { readonly rung: Promise<void>; readonly isRung: boolean; ring(): void } {
  let isRung = false;
  let resolve: () => void = () => {};
  const rung = new Promise<void>((onRing) => {
    resolve = onRing;
  });
  return {
    rung,
    get isRung() {
      return isRung;
    },
    ring() {
      isRung = true;
      resolve();
    },
  };
}
