import type { Logger } from '@realtime-notify/core';
import type { ClusterLinks, TopicLayout } from '../cluster-links.js';
import { backoffMs, pause } from '../deadline.js';
import type { FetchedPartition } from '../fetch-answer.js';
import type { Group, GroupOptions, PartitionWork } from '../kafka-client.js';
import { kafkaFailure } from '../kafka-errors.js';
import type { FetchPlace } from '../node-connection.js';
import { GroupCoordinator } from './group-coordinator.js';
import type { GroupLink } from './group-link.js';
import { GroupMembership, type Membership, typeOf } from './group-membership.js';
import { GroupReader } from './group-reader.js';
import { OffsetCommitter } from './offset-committer.js';
import type { ReadEntry } from './read-entries.js';
import { allPartitions, commitStarts, firstKept, placesOf } from './start-offsets.js';

/** What a member of a group works with. */
export interface GroupContext {
  readonly links: ClusterLinks;
  readonly logger: Logger;
  /** A connection to the group's coordinator. */
  connect(): Promise<GroupLink>;
  /** The layout of a Kafka topic, made where it is missing and allowed. */
  layout(topic: string): Promise<TopicLayout>;
  decode(fetched: FetchedPartition, from: number): Promise<readonly ReadEntry[]>;
  protocolError(code: number): Error;
  readonly fetchWaitMs: number;
  readonly maxFetchBytes: number;
  readonly layoutMaxAgeMs: number;
}

/** How long the end of a membership may take. */
const leaveMs = 5_000;
/** How long a cluster may take that has just come up, or has just been given its first group. */
const settlingMs = 15_000;

/**
 * A member of a shared consumer group that comes back after every failure. Partitions that it keeps while
 * others join or leave are read on without a pause.
 */
export class GroupConsumer implements Group {
  readonly #context: GroupContext;
  readonly #options: GroupOptions;
  readonly #abort = new AbortController();
  readonly #coordinator: GroupCoordinator;
  readonly #committer: OffsetCommitter;
  readonly #reader: GroupReader;
  readonly #works = new Map<string, PartitionWork>();
  /** Work that was taken away and still has something under way. */
  readonly #ending = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  readonly #patientUntil = performance.now() + settlingMs;
  #membership: GroupMembership | undefined;
  #member: Membership | undefined;
  readonly #troubles = new Set<Part>();
  #state: 'unknown' | 'up' | 'down' = 'unknown';
  /** Whether every place to begin at was committed once. */
  #begun = false;
  #leaving: Promise<void> | undefined;

  constructor(context: GroupContext, options: GroupOptions) {
    this.#context = context;
    this.#options = options;
    this.#coordinator = new GroupCoordinator(() => context.connect());
    this.#committer = new OffsetCommitter((member, places) =>
      this.#coordinator.ask((link) => link.commit(member, places)),
    );
    this.#reader = new GroupReader({
      ...context,
      maxPartitionBytes: options.maxPartitionBytes,
      firstKept: (topic, partition) => firstKept(this.#startContext, topic, partition),
      onGap: ({ topic, partition, offset }, first) => {
        const facts = { topic, partition, from: offset, to: first };
        context.logger.error(facts, 'Kafka has deleted records that were never read');
      },
      onState: (error) => {
        if (error === undefined) this.#fine('reading');
        else this.#trouble('reading', error);
      },
    });
    this.#running = this.#run();
  }

  async drain(): Promise<void> {
    this.#leaving ??= this.#leave((work) => work.drain());
    await this.#leaving;
  }

  async close(): Promise<void> {
    // What drains is asked to stop, too.
    for (const work of this.#works.values()) void work.stop();
    this.#leaving ??= this.#leave((work) => work.stop());
    await this.#leaving;
  }

  get #startContext() {
    return { ...this.#context, coordinator: this.#coordinator };
  }

  /** Begins where the group stands, then keeps being a member of it. */
  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { topics, from, sessionTimeoutMs } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await commitStarts(this.#startContext, topics, from);
        await this.#options.prepare();
        break;
      } catch (error) {
        this.#trouble('group', error);
        await pause(backoffMs(attempt, 100, 5_000), signal);
      }
    }
    if (signal.aborted) return;
    this.#membership = new GroupMembership({
      topics,
      sessionTimeoutMs,
      layoutMaxAgeMs: this.#context.layoutMaxAgeMs,
      connect: () => this.#context.connect(),
      partitions: () => allPartitions(this.#context, topics),
      onMember: (member) => void this.#become(member),
      onLost: () => void this.#become(undefined),
      onFailure: (error) => this.#trouble('group', error),
    });
  }

  /** Gives up what is not ours any more, and begins what has become ours. */
  async #become(member: Membership | undefined): Promise<void> {
    this.#member = member;
    this.#committer.become(member);
    for (const [key, work] of this.#works) {
      const { topic, partition } = work;
      if (member?.assigned[topic]?.includes(partition)) continue;
      this.#works.delete(key);
      this.#reader.drop(topic, partition);
      const ended = work.stop().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
    for (let attempt = 0; member !== undefined && this.#member === member; attempt += 1) {
      if (this.#abort.signal.aborted) return;
      try {
        await this.#begin(member);
        this.#begun = true;
        this.#fine('group');
        return;
      } catch (error) {
        this.#trouble('group', error);
        await pause(backoffMs(attempt, 50, 2_000), this.#abort.signal);
      }
    }
  }

  async #begin(member: Membership): Promise<void> {
    const fresh: Record<string, readonly number[]> = {};
    for (const [topic, partitions] of Object.entries(member.assigned)) {
      const absent = partitions.filter((each) => !this.#works.has(keyOf(topic, each)));
      if (absent.length > 0) fresh[topic] = absent;
    }
    if (Object.keys(fresh).length === 0) return;
    const places = await placesOf(this.#startContext, member, fresh, this.#options.from);
    if (this.#member !== member || this.#abort.signal.aborted) return;
    for (const place of places) this.#open(place);
  }

  #open(place: FetchPlace): void {
    const { topic, partition } = place;
    const work = this.#options.open({
      ...{ topic, partition, clusterId: this.#context.links.clusterId },
      done: (next) => {
        if (this.#works.get(keyOf(topic, partition)) !== work) return;
        this.#committer.done({ topic, partition, offset: next });
      },
      roomMade: () => this.#reader.wake(),
    });
    this.#works.set(keyOf(topic, partition), work);
    this.#reader.open(place, work);
  }

  async #leave(end: (work: PartitionWork) => Promise<void>): Promise<void> {
    await this.#reader.close();
    await Promise.all([...this.#works.values()].map(end));
    await Promise.all(this.#ending);
    await this.#committer.flush(leaveMs);
    this.#abort.abort();
    await this.#running;
    const memberId = await this.#membership?.stop();
    await this.#committer.close();
    if (memberId !== undefined && memberId !== '') {
      // So that the other members need not wait for the end of its session.
      const leaving = this.#coordinator.ask((link) => link.leave(memberId));
      await pause(leaveMs, new AbortController().signal, leaving);
    }
    await this.#coordinator.close();
  }

  #fine(part: Part): void {
    this.#troubles.delete(part);
    if (!this.#begun || this.#troubles.size > 0 || this.#abort.signal.aborted) return;
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#options.onState({ state: 'up' });
  }

  #trouble(part: Part, error: unknown): void {
    if (!this.#begun && settling.has(typeOf(error)) && performance.now() < this.#patientUntil)
      return;
    this.#troubles.add(part);
    if (this.#state === 'down' || this.#abort.signal.aborted) return;
    this.#state = 'down';
    const what = `consuming ${this.#options.topics.join(', ')}`;
    this.#options.onState({ state: 'down', error: kafkaFailure(what, error) });
  }
}

/** What Kafka says of a coordinator or leader that will be there in a moment: `start` waits for it. */
const settling: ReadonlySet<string | undefined> = new Set([
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
  'LEADER_NOT_AVAILABLE',
  // A node that is to lead a partition of a topic that was just made.
  'NOT_LEADER_FOR_PARTITION',
]);

/** What can be wrong: the group's coordinator or a leader that is read from. */
type Part = 'group' | 'reading';

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
