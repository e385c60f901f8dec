import type { NotifyError } from '@realtime-notify/core';
import type { PartitionIntake } from './group/group-reader.js';
import type { StartAt } from './group/start-offsets.js';
import type { IncomingRecord, ProducedRecord } from './kafka-record.js';

/** Who must have a record before Kafka acknowledges it: all in-sync replicas (-1), or the leader (1). */
export type Acks = -1 | 1;

/** How a Kafka topic is made where it is missing. */
export interface TopicPlan {
  readonly partitions: number;
  readonly replication: number;
  readonly retentionMs: number;
}

export type LinkState =
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly error: NotifyError };

export interface TailOptions {
  readonly topic: string;
  /** What to do where the Kafka topic is missing; absent: it counts as a wrong configuration. */
  readonly create?: TopicPlan | undefined;
  /** Reads no more than the partition of records that are `routedBy` this. Default: all partitions. */
  readonly only?: string | undefined;
  /** Records that arrived together, in offset order per partition. Must not throw. */
  onRecords(records: readonly IncomingRecord[]): void;
  /** Reading goes on, but records may be missing or may never have been published meanwhile. */
  onResync(reason: string): void;
  /** Once per change. */
  onState(state: LinkState): void;
}

export interface GroupTailOptions extends Omit<TailOptions, 'only'> {
  /** Of this node alone: the group is made, and deleted by `close`. */
  readonly groupId: string;
}

export interface WatchOptions {
  readonly topic: string;
  /** As for a tail. */
  readonly create?: TopicPlan | undefined;
  /** Once per change. */
  onState(state: LinkState): void;
}

/** Keeps an eye on whether one Kafka topic can be reached. */
export interface Watch {
  /** Resolves after a round trip; rejects with `BROKER_UNAVAILABLE`. */
  probe(): Promise<void>;
  /** Whether some partition is within reach, also while the state is down because of another. */
  readonly reachable: boolean;
  close(): Promise<void>;
}

/** Reads what is produced into one Kafka topic from now on. */
export interface Tail extends Watch {
  /**
   * Resolves when the start offset of every partition read is fixed: what is produced afterwards is read.
   * Never rejects while `close` was not called; `onState` tells what is in the way.
   */
  readonly ready: Promise<void>;
}

export interface ProduceOptions {
  /**
   * Whether a leader that fails is waited for, as long as producing may take; asked again after each
   * failure. Otherwise the first failure rejects, so that the other leaders are not held up.
   */
  readonly patient: boolean;
}

export interface GroupOptions {
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Where the group begins in a Kafka topic of which it never committed anything. */
  readonly from: StartAt;
  /** What to do where a Kafka topic is missing; absent: it counts as a wrong configuration. */
  readonly create?: TopicPlan | undefined;
  /** How long Kafka keeps a member that it does not hear of. */
  readonly sessionTimeoutMs: number;
  /** The most that one answer brings of a partition; a larger batch comes whole. */
  readonly maxPartitionBytes: number;
  /** Awaited before the group is joined; tried again where it rejects. */
  prepare(): Promise<void>;
  /** Begins the work on a partition that has become this node's. */
  open(partition: OpenedPartition): PartitionWork;
  /** Once per change. The first one comes when every place to begin at is committed. */
  onState(state: LinkState): void;
}

/** A partition as its work sees it. */
export interface OpenedPartition {
  /** Tells this Kafka cluster from others. */
  readonly clusterId: string;
  readonly topic: string;
  readonly partition: number;
  /** Everything before `next` is done and may be committed. */
  done(next: number): void;
  /** `hasRoom` has become true. */
  roomMade(): void;
}

/** The work on one partition, for as long as it is this node's. */
export interface PartitionWork extends PartitionIntake {
  readonly topic: string;
  readonly partition: number;
  /** Resolves when all that was taken is done, or cannot be done now. */
  drain(): Promise<void>;
  /** Begins nothing more; resolves when what is under way has ended. Idempotent. */
  stop(): Promise<void>;
}

export interface Group {
  /** Reads nothing more; resolves when what was taken is done and committed, and the group is left. */
  drain(): Promise<void>;
  /** As `drain`, without what was taken and not begun. */
  close(): Promise<void>;
}

export interface JanitorOptions {
  /** Which groups are ours. All others are left alone. */
  isOurs(groupId: string): boolean;
  /** How long it waits between two looks, give or take a quarter. */
  readonly intervalMs: number;
  /** Once per change: it cannot look because of `error`, or, where that is undefined, it can again. */
  onChange(error: unknown): void;
}

/** Looks now and then for groups that nobody is a member of any more. */
export interface Janitor {
  close(): Promise<void>;
}

/**
 * Our own view of a Kafka client, so that the driver can be replaced.
 *
 * Promises: connects when first needed and again after a failure; every call settles within a
 * bounded time; all failures are NotifyErrors with the driver's error as `cause`; nothing is thrown
 * out of band; nothing of it is left after `close`.
 * Not promised: exactly-once; order between keys.
 * Used by the Kafka broker and the Kafka source, which own one each.
 */
export interface KafkaClient {
  /**
   * Makes sure that a Kafka topic exists. Rejects with `BROKER_CONFIGURATION` where it is missing and
   * `plan` absent, else with `BROKER_UNAVAILABLE`.
   */
  ensureTopic(topic: string, plan: TopicPlan | undefined): Promise<void>;
  /**
   * Resolves when Kafka has acknowledged all records. Rejects with `BROKER_UNAVAILABLE`, or with
   * `BROKER_CONFIGURATION` for what trying again cannot mend; some records may be there all the same.
   */
  produce(
    topic: string,
    records: readonly ProducedRecord[],
    options: ProduceOptions,
  ): Promise<void>;
  /** Reads without a consumer group. Its probe asks every leader read from. */
  tail(options: TailOptions): Tail;
  /** Reads as the only member of a consumer group. */
  groupTail(options: GroupTailOptions): Tail;
  /** Reads nothing. A record that could not be produced makes it look again at once. */
  watch(options: WatchOptions): Watch;
  /** Deletes groups of nodes that died. */
  janitor(options: JanitorOptions): Janitor;
  consumeGroup(options: GroupOptions): Group;
  /**
   * Resolves when a group has committed all that was in a Kafka topic at the time of the call. Rejects with
   * `BROKER_UNAVAILABLE` where Kafka cannot tell, and when `signal` aborts.
   */
  untilCommitted(topic: string, groupId: string, signal: AbortSignal): Promise<void>;
  /** Ends everything that was begun. Idempotent. */
  close(): Promise<void>;
}
