import { type NotifyError, withinMs } from '@realtime-notify/core';
import {
  ClusterMasters,
  type ClusterSource,
  redirectionOf,
} from '@realtime-notify/redis-connection';
import { asUnavailable, unavailable } from './driver-errors.js';
import type { Link, LinkSettings, Receive } from './link.js';
import type { LinkState } from './link-state.js';
import { noOwner, Partition } from './partition.js';
import type { Message } from './redis-connections.js';
import { Shard } from './shard.js';
import type { ShardTopics } from './topics.js';

/** How often a message follows its slot from one master to another before it is given up. */
const maxMoves = 3;

/**
 * A Redis Cluster: sharded pub/sub, with a {@link Shard} for each master. It is up while every partition
 * has an owner that is up. When a slot goes to another master, by a failover or because it is moved, its
 * partition is subscribed there, and its channels are resynced.
 */
export class ClusterLink implements Link {
  readonly #commandTimeoutMs: number;
  readonly #topics: ShardTopics;
  readonly #state: LinkState;
  readonly #partitions: readonly Partition<Shard>[];
  readonly #masters: ClusterMasters<Shard>;
  /** Partitions whose subscriptions did not stand all the time since the link was last up. */
  readonly #interrupted = new Set<Partition<Shard>>();

  constructor(
    source: ClusterSource,
    settings: LinkSettings & { readonly partitions: number },
    topics: ShardTopics,
    state: LinkState,
    receive: Receive,
  ) {
    this.#commandTimeoutMs = settings.commandTimeoutMs;
    this.#topics = topics;
    this.#state = state;
    this.#partitions = Array.from(
      { length: settings.partitions },
      (_, number) => new Partition(number, topics.slotOf(number)),
    );
    this.#masters = new ClusterMasters(
      source,
      { ...settings, name: 'realtime-notify-broker' },
      {
        open: (server) => {
          const shard: Shard = new Shard(server, settings, topics, {
            up: () => this.#look(),
            down: (error) => this.#down(shard, error),
            interrupted: (partitions) => this.#note(partitions),
            moved: () => void this.#masters.refresh(),
            receive,
          });
          return shard;
        },
        close: (shard) => shard.close(),
        changed: () => this.#share(),
        failed: (error) => {
          // Shards that are up work on without it.
          if (!state.isUp)
            state.down(asUnavailable('the Cluster does not tell its masters', error));
        },
      },
    );
  }

  open(): void {
    void this.#masters.refresh();
  }

  /** What a master refused because the slot is another's was not sent: that one gets it. */
  async publish(messages: readonly Message[]): Promise<void> {
    let left = messages;
    for (let moves = 0; left.length > 0; moves += 1) {
      const moved: Message[] = [];
      let refusal: Error | undefined;
      const sending = [...this.#byShard(left)].map(async ([shard, part]) => {
        if (shard === undefined) throw noOwner();
        for (const [i, error] of (await shard.send(part)).entries()) {
          const message = part[i];
          if (error === null || message === undefined) continue;
          if (redirectionOf(error)?.kind !== 'moved') throw unavailable('publish failed', error);
          refusal = error;
          moved.push(message);
        }
      });
      const ended = await Promise.allSettled(sending);
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
      if (refusal === undefined) return;
      if (moves === maxMoves) throw unavailable('publish failed', refusal);
      const redirection = redirectionOf(refusal);
      const to = redirection?.kind === 'moved' ? redirection.to : undefined;
      const late = () => unavailable('publish failed', refusal);
      await withinMs(this.#masters.refresh(to), this.#commandTimeoutMs, late);
      left = moved;
    }
  }

  async want(topics: readonly string[]): Promise<void> {
    await this.#each(topics, (partition, part) => partition.want(part));
  }

  async unwant(topics: readonly string[]): Promise<void> {
    await this.#each(topics, (partition, part) => partition.unwant(part));
  }

  async roundTrip(): Promise<void> {
    const shards = new Set(this.#partitions.map(({ owner }) => owner));
    await Promise.all([...shards].map((shard) => shard?.roundTrip() ?? Promise.reject(noOwner())));
  }

  close(): Promise<void> {
    return this.#masters.close();
  }

  /** Gives the partitions to the owners of their slots. */
  #share(): void {
    const moved = this.#partitions.filter(
      ({ owner, slot }) => owner !== this.#masters.ownerOf(slot),
    );
    if (moved.length === 0) return;
    this.#note(moved);
    if (this.#state.isUp) this.#state.down(unavailable('slots of the Cluster have moved'));
    const concerned = new Set<Shard>();
    for (const partition of moved) {
      const owner = this.#masters.ownerOf(partition.slot);
      for (const shard of [partition.owner, owner]) if (shard !== undefined) concerned.add(shard);
      partition.moveTo(owner);
    }
    for (const shard of this.#masters.members) {
      if (!concerned.has(shard)) continue;
      shard.serve(this.#partitions.filter(({ owner }) => owner === shard));
    }
  }

  #look(): void {
    if (!this.#partitions.every(({ owner }) => owner?.isUp)) return;
    const interrupted = [...this.#interrupted];
    this.#interrupted.clear();
    const topics = interrupted.flatMap(({ wanted }) => [...wanted]);
    const channels = topics.flatMap((topic) => this.#topics.channelOf(topic) ?? []);
    const any = channels.length < topics.length;
    this.#state.up(any || interrupted.length === this.#partitions.length ? undefined : channels);
  }

  #down(shard: Shard, error: NotifyError): void {
    if (shard.serves) this.#state.down(error);
    // It may have another master by now, or tell who has its slot.
    const { cause } = error;
    const redirection = cause instanceof Error ? redirectionOf(cause) : undefined;
    void this.#masters.refresh(redirection?.kind === 'moved' ? redirection.to : undefined);
  }

  #note(partitions: readonly Partition<Shard>[]): void {
    for (const partition of partitions) this.#interrupted.add(partition);
  }

  #byShard(messages: readonly Message[]): Map<Shard | undefined, Message[]> {
    return groupBy(messages, ([topic]) => this.#partitions[this.#topics.partitionOf(topic)]?.owner);
  }

  async #each(
    topics: readonly string[],
    work: (partition: Partition<Shard>, part: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const groups = groupBy(topics, (topic) => this.#topics.partitionOf(topic));
    const working = [...groups].map(async ([number, part]) => {
      const partition = this.#partitions[number];
      if (partition !== undefined) await work(partition, part);
    });
    const ended = await Promise.allSettled(working);
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
