import { NotifyError } from '@realtime-notify/core';
import type { ClusterLinks, TopicLayout } from './cluster-links.js';
import { backoffMs, pause } from './deadline.js';
import type { FetchedPartition } from './fetch-answer.js';
import type { LinkState, Tail, TailOptions } from './kafka-client.js';
import { kafkaFailure, partitionError } from './kafka-errors.js';
import type { IncomingRecord } from './kafka-record.js';
import type { NodeConnection } from './node-connection.js';
import { TailHealth } from './tail-health.js';
import { TailPositions } from './tail-positions.js';

/** What a tail works with. */
export interface TailContext {
  readonly links: ClusterLinks;
  /** The layout of the Kafka topic, made where it is missing and allowed. */
  layout(signal: AbortSignal): Promise<TopicLayout>;
  /** The records in the bytes of one partition; what cannot be read is left out and reported. */
  decode(
    fetched: FetchedPartition,
  ): Promise<{ records: IncomingRecord[]; next: number | undefined }>;
  protocolError(code: number): Error;
  /** The partition of a key or of what a record is routed by. */
  partitionOf(key: string, partitions: number): number;
  /** How long a fetch waits for something to read. */
  readonly fetchWaitMs: number;
  readonly minFetchBytes: number;
  readonly maxFetchBytes: number;
  /** How often new partitions are looked for. */
  readonly layoutMaxAgeMs: number;
}

/**
 * Reads a Kafka topic from its end, without a consumer group: one loop of fetches per leader, and one
 * loop above them that looks where each partition is led and where to begin in it. With `only` it
 * reads one partition; where partitions are added it may become another one, and the former is read
 * too, because not everybody who produces has heard of it.
 */
export class TopicTail implements Tail {
  readonly ready: Promise<void>;
  readonly #context: TailContext;
  readonly #options: TailOptions;
  readonly #abort = new AbortController();
  readonly #positions: TailPositions;
  readonly #health: TailHealth;
  readonly #owners = new Map<number, number>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #rounds = new Map<number, Deferred>();
  /** The partitions that `only` has named so far. */
  readonly #named = new Set<number>();
  /** Whether some partition has a leader, one that is not read perhaps. */
  #led = false;
  readonly #running: Promise<void>;
  #wake = deferred();
  #becomeReady: () => void = () => {};

  constructor(context: TailContext, options: TailOptions) {
    this.#context = context;
    this.#options = options;
    this.#positions = new TailPositions(options.topic, context.links, context.protocolError);
    this.#health = new TailHealth({
      onState: (state: LinkState) => this.#abort.signal.aborted || options.onState(state),
      onResync: (reason: string) => this.#abort.signal.aborted || options.onResync(reason),
    });
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.#running = this.#run();
  }

  get reachable(): boolean {
    // Of partitions that are not read no more is known than who leads them.
    if (this.#options.only !== undefined) return this.#led;
    return [...this.#owners.keys()].some((partition) => this.#health.proven([partition]));
  }

  async probe(): Promise<void> {
    const { error } = this.#health;
    if (error !== undefined) throw error;
    if (this.#owners.size === 0) {
      // The next attempt may mend it, so the link does not count as down yet.
      throw this.#health.lastError ?? this.#unavailable('nothing is read yet');
    }
    // The other connection to the node is asked as well: produced is over that one.
    await this.#context.links.layout(this.#options.topic).catch((cause: unknown) => {
      throw kafkaFailure('probing', cause);
    });
    const leaders = new Set(this.#owners.values());
    await Promise.all([...leaders].map((leader) => this.#round(leader).promise));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#owners.clear();
    for (const round of this.#rounds.values()) round.reject(this.#unavailable('closed'));
    await this.#running;
    await Promise.all(this.#loops.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      this.#wake = deferred();
      try {
        await this.#place(await this.#layoutToRead(signal));
      } catch (error) {
        this.#health.failed(kafkaFailure(`reading ${this.#options.topic}`, error));
      }
      if (signal.aborted) return;
      const { attempt } = this.#health;
      const waitMs = attempt === 0 ? this.#context.layoutMaxAgeMs : backoffMs(attempt, 100, 2_000);
      // While something is wrong the wait is a pause between attempts; else it may be cut short.
      await pause(waitMs, signal, attempt === 0 ? this.#wake.promise : undefined);
    }
  }

  /** The part of the layout that is read. */
  async #layoutToRead(signal: AbortSignal): Promise<TopicLayout> {
    this.#led = false;
    const { leaders } = await this.#context.layout(signal);
    this.#led = [...leaders.values()].some((leader) => leader >= 0);
    const { only } = this.#options;
    if (only === undefined) return { leaders };
    this.#named.add(this.#context.partitionOf(only, leaders.size));
    return { leaders: new Map([...leaders].filter(([partition]) => this.#named.has(partition))) };
  }

  /** Gives every partition a place to read from and a loop that reads it. */
  async #place(layout: TopicLayout): Promise<void> {
    const first = !this.#positions.started;
    const reset = await this.#positions.fix(layout);
    if (this.#abort.signal.aborted) return;
    for (const partition of this.#owners.keys()) {
      if (!layout.leaders.has(partition)) this.#owners.delete(partition);
    }
    const leaderless: number[] = [];
    for (const [partition, leader] of layout.leaders) {
      if (leader < 0) leaderless.push(partition);
      if (leader < 0 || this.#owners.get(partition) === leader) continue;
      this.#owners.set(partition, leader);
      if (!first) this.#health.unproven(partition);
    }
    for (const leader of new Set(this.#owners.values())) this.#startLoop(leader);
    if (reset.length > 0) this.#health.mustResync(`records of partitions ${reset} are gone`);
    if (first) this.#becomeReady();
    if (leaderless.length > 0) throw new Error(`partitions ${leaderless} have no leader`);
    this.#health.placed();
  }

  #startLoop(leader: number): void {
    if (this.#loops.has(leader)) return;
    const loop = this.#read(leader).finally(() => {
      this.#loops.delete(leader);
      // A partition may have come back to this leader while its loop was ending.
      if ([...this.#owners.values()].includes(leader)) this.#startLoop(leader);
    });
    this.#loops.set(leader, loop);
  }

  async #read(leader: number): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const owned = this.#ownedBy(leader);
      if (owned.size === 0) return;
      let node: NodeConnection | undefined;
      try {
        node = await this.#context.links.node(leader);
        const maxWaitMs = this.#health.proven(owned.keys()) ? this.#context.fetchWaitMs : 0;
        const { minFetchBytes: minBytes, maxFetchBytes: maxBytes } = this.#context;
        const limits = { maxWaitMs, minBytes, maxBytes };
        const answer = await node.fetch(this.#options.topic, owned, limits);
        await this.#deliver(leader, answer);
        this.#endRound(leader);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (node !== undefined) await this.#context.links.drop(leader, node);
        this.#lost(leader, owned.keys(), kafkaFailure(`reading from node ${leader}`, error));
      }
    }
  }

  #ownedBy(leader: number): Map<number, number> {
    const owned = new Map<number, number>();
    for (const [partition, owner] of this.#owners) {
      const offset = this.#positions.get(partition);
      if (owner === leader && offset !== undefined) owned.set(partition, offset);
    }
    return owned;
  }

  async #deliver(leader: number, answer: readonly FetchedPartition[]): Promise<void> {
    const records: IncomingRecord[] = [];
    for (const fetched of answer) {
      const { partition, errorCode } = fetched;
      if (errorCode === partitionError.none) {
        const { records: decoded, next } = await this.#context.decode(fetched);
        records.push(...this.#positions.advance(partition, decoded, next));
        this.#health.prove(partition);
      } else if (this.#owners.get(partition) === leader) {
        if (errorCode === partitionError.offsetOutOfRange) this.#positions.lose(partition);
        this.#owners.delete(partition);
        const error = this.#context.protocolError(errorCode);
        this.#health.stale(partition, kafkaFailure(`reading partition ${partition}`, error));
        this.#wake.resolve();
      }
    }
    if (records.length > 0 && !this.#abort.signal.aborted) this.#options.onRecords(records);
  }

  #lost(leader: number, partitions: Iterable<number>, error: NotifyError): void {
    for (const partition of partitions) {
      if (this.#owners.get(partition) === leader) this.#owners.delete(partition);
      this.#health.stale(partition, error);
    }
    this.#health.mustResync('the link was interrupted');
    this.#rounds.get(leader)?.reject(error);
    this.#rounds.delete(leader);
    this.#wake.resolve();
  }

  #round(leader: number): Deferred {
    let round = this.#rounds.get(leader);
    if (round === undefined) {
      round = deferred();
      round.promise.catch(() => {});
      this.#rounds.set(leader, round);
    }
    return round;
  }

  #endRound(leader: number): void {
    this.#rounds.get(leader)?.resolve();
    this.#rounds.delete(leader);
  }

  #unavailable(why: string): NotifyError {
    return new NotifyError('BROKER_UNAVAILABLE', `Kafka: ${this.#options.topic}: ${why}`);
  }
}

/** What `Promise.withResolvers` gives, which Node 20 has not got. */
interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason?: unknown) => void;
}

function deferred(): Deferred {
  let resolve: () => void = () => {};
  let reject: (reason?: unknown) => void = () => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
