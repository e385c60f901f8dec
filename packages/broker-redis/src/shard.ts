import type { NotifyError } from '@realtime-notify/core';
import type { RedisServer } from '@realtime-notify/redis-connection';
import { Interest } from './interest.js';
import type { LinkSettings, Receive } from './link.js';
import { LinkKeeper } from './link-keeper.js';
import type { Partition, PartitionOwner } from './partition.js';
import { type Message, RedisConnections } from './redis-connections.js';
import { SelfProbe } from './self-probe.js';
import type { ShardTopics } from './topics.js';

/** When a slot goes, word of it comes for each of its topics; this gathers them, in milliseconds. */
const renewAfterMs = 20;
const longestRenewalMs = 2_000;

/** What a shard tells the whole of. */
export interface ShardEvents {
  up(): void;
  /** Called for each attempt that failed, too. */
  down(error: NotifyError): void;
  /** Subscriptions of these partitions did not stand for a while, or do not now. */
  interrupted(partitions: readonly Partition<Shard>[]): void;
  /** Slots of this master have gone to another. */
  moved(): void;
  receive: Receive;
}

/**
 * One master of the Cluster: a connection that publishes and one that is subscribed, brought up and probed
 * as those to a single Redis are. Serves the partitions whose slots the master owns.
 */
export class Shard implements PartitionOwner {
  readonly #connections: RedisConnections;
  readonly #probe: SelfProbe;
  readonly #keeper: LinkKeeper;
  readonly #topics: ShardTopics;
  readonly #publishOnly: boolean;
  readonly #events: ShardEvents;
  #partitions: readonly Partition<Shard>[] = [];
  /** Where this broker sends messages to itself; empty where nothing is served. */
  #probeTopic = '';
  #probeInterest: Interest;
  #isUp = false;
  /** Subscriptions are about to be made anew, and how often they were since the shard was up. */
  #renewing: NodeJS.Timeout | undefined;
  #renewals = 0;

  constructor(
    source: RedisServer,
    settings: LinkSettings,
    topics: ShardTopics,
    events: ShardEvents,
  ) {
    this.#topics = topics;
    this.#publishOnly = settings.publishOnly;
    this.#events = events;
    this.#connections = new RedisConnections(
      source,
      settings,
      {
        ready: () => this.#begin(),
        lost: (error, which) => {
          if (which === 'subscriber') this.#interrupted();
          this.#probe.connectionLost();
          this.#keeper.lost(error);
        },
        message: (topic, text) => {
          if (topic === this.#probeTopic) this.#probe.received(text);
          else events.receive(topic, text);
        },
        moved: () => this.#moved(),
      },
      'sharded',
    );
    this.#probeInterest = new Interest(this.#connections);
    this.#probe = new SelfProbe((token) => this.#sendProbe(token), settings.probeTimeoutMs);
    const report = {
      up: () => {
        this.#isUp = true;
        this.#renewals = 0;
        events.up();
      },
      down: (error: NotifyError) => this.#down(error),
    };
    const reconnect = (): void => this.#connections.reconnect();
    this.#keeper = new LinkKeeper(settings, this.#standing, this.#probe, report, reconnect);
    this.#connections.open();
  }

  /** Whether the subscriptions of its partitions stand, and a message made the round trip. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether it has a part in the whole being up. */
  get serves(): boolean {
    return this.#partitions.length > 0;
  }

  get wire(): RedisConnections {
    return this.#connections;
  }

  /** The partitions that it is to serve from now on; those that came are subscribed now. */
  serve(partitions: readonly Partition<Shard>[]): void {
    this.#partitions = partitions;
    this.#isUp = false;
    const topic = partitions[0] === undefined ? '' : this.#topics.probe(partitions[0].number);
    if (topic !== this.#probeTopic) {
      this.#probeTopic = topic;
      const wanted = topic === '' || this.#publishOnly ? [] : [topic];
      this.#probeInterest = new Interest(this.#connections, wanted);
      this.#probe.connectionLost();
    }
    this.#beginAnew();
  }

  /** One write; resolves with why a message was not taken, or null, for each in order. */
  send(messages: readonly Message[]): Promise<readonly (Error | null)[]> {
    return this.#connections.send(messages);
  }

  roundTrip(): Promise<void> {
    return this.#probe.roundTrip();
  }

  async close(): Promise<void> {
    this.#isUp = false;
    clearTimeout(this.#renewing);
    this.#keeper.stop();
    this.#probe.connectionLost();
    await this.#connections.close();
  }

  /** All that is to stand on this connection: the partitions' topics, and where the probe arrives. */
  get #standing() {
    const all = (): { restore(): Promise<void>; readonly failure: Error | undefined }[] => [
      this.#probeInterest,
      ...this.#partitions,
    ];
    return {
      restore: async (): Promise<void> => {
        const ended = await Promise.allSettled(all().map((one) => one.restore()));
        for (const one of ended) if (one.status === 'rejected') throw one.reason;
      },
      get failure(): Error | undefined {
        return all().find(({ failure }) => failure !== undefined)?.failure;
      },
    };
  }

  /** A master without a partition has nothing to bring up. */
  #begin(): void {
    if (this.serves) this.#keeper.ready();
  }

  #beginAnew(): void {
    this.#keeper.stop();
    if (this.#connections.ready) this.#begin();
  }

  #interrupted(): void {
    this.#probeInterest.connectionLost();
    for (const partition of this.#partitions) partition.interrupted();
    this.#events.interrupted(this.#partitions);
  }

  /**
   * Which subscriptions have ended the driver does not tell, and the other masters may not know of it yet:
   * all are made anew here, and those that are refused belong elsewhere. It says so for each that ended.
   */
  #moved(): void {
    // Longer each time while nobody knows where the slot is.
    const delayMs = Math.min(renewAfterMs * 2 ** this.#renewals, longestRenewalMs);
    this.#renewing ??= setTimeout(() => {
      this.#renewing = undefined;
      this.#renewals += 1;
      this.#events.moved();
      this.#probeInterest.connectionLost();
      for (const partition of this.#partitions) partition.interrupted();
      this.#beginAnew();
    }, delayMs);
  }

  #down(error: NotifyError): void {
    this.#isUp = false;
    this.#events.interrupted(this.#partitions.filter(({ failure }) => failure !== undefined));
    this.#events.down(error);
  }

  async #sendProbe(token: string): Promise<void> {
    await this.#connections.publish([[this.#probeTopic, token]]);
    // Nobody is subscribed: Redis' answer is the round trip.
    if (this.#publishOnly) this.#probe.received(token);
  }
}
