import { backoffMs, pause } from '../deadline.js';
import { assignPartitions } from './assign-partitions.js';
import type { GroupLink, MemberIdentity, Partitions } from './group-link.js';

/** As whom this node is in the group, and what is its to read. */
export interface Membership extends MemberIdentity {
  readonly assigned: Partitions;
}

export interface MembershipOptions {
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  /** How often the leader looks whether there are more partitions. */
  readonly layoutMaxAgeMs: number;
  /** A connection to the coordinator. */
  connect(): Promise<GroupLink>;
  /** All partitions of the Kafka topics. */
  partitions(): Promise<Partitions>;
  onMember(membership: Membership): void;
  /** It is not a member any more: others may have its partitions. */
  onLost(): void;
  /** It goes on trying. */
  onFailure(error: unknown): void;
}

/**
 * Keeps this node a member of a consumer group. The group's protocol is spoken here and not by the
 * consumer of kafkajs: that one stops reading while others join, may wait for a dead member for as long as
 * its session lasts, and commits again in a new generation what belonged to the old one.
 */
export class GroupMembership {
  readonly #options: MembershipOptions;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #current: Membership | undefined;
  #memberId = '';
  /** What the leader divided; undefined for the others. */
  #layout: string | undefined;
  #link: GroupLink | undefined;
  #heardAt = performance.now();

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Ends it without a word to the group. Resolves with the member that has to leave. */
  async stop(): Promise<string> {
    this.#abort.abort();
    await this.#link?.close();
    await this.#running;
    return this.#memberId;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        this.#link = await this.#options.connect();
        while (!signal.aborted) {
          await this.#join(this.#link);
          attempt = 0;
          await this.#stay(this.#link);
        }
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      }
      await this.#link?.close();
      this.#link = undefined;
      await pause(backoffMs(attempt, 100, 2_000), signal);
      this.#loseIfForgotten();
    }
  }

  async #join(link: GroupLink): Promise<void> {
    const { topics } = this.#options;
    const { assigned: owned = {}, generation = 0 } = this.#current ?? {};
    const joined = await link.join(this.#memberId, { topics, owned, generation });
    this.#memberId = joined.memberId;
    const { members = [] } = joined;
    const all = members.length === 0 ? {} : await this.#options.partitions();
    const assigned = await link.sync(joined, assignPartitions(members, all));
    this.#heardAt = performance.now();
    if (this.#abort.signal.aborted) return;
    this.#current = { memberId: joined.memberId, generation: joined.generation, assigned };
    this.#layout = members.length === 0 ? undefined : JSON.stringify(all);
    this.#options.onMember(this.#current);
  }

  /** Resolves when the group has to be joined again. */
  async #stay(link: GroupLink): Promise<void> {
    const { signal } = this.#abort;
    const { sessionTimeoutMs, layoutMaxAgeMs } = this.#options;
    let lookedAt = performance.now();
    while (!signal.aborted) {
      // Kafka tells of a rebalance in the answer to a heartbeat only.
      await pause(Math.min(1_000, sessionTimeoutMs / 4), signal);
      const member = this.#current;
      if (signal.aborted || member === undefined) return;
      if (this.#layout !== undefined && performance.now() - lookedAt > layoutMaxAgeMs) {
        if (JSON.stringify(await this.#options.partitions()) !== this.#layout) return;
        lookedAt = performance.now();
      }
      try {
        await link.heartbeat(member);
        this.#heardAt = performance.now();
      } catch (error) {
        if (typeOf(error) !== 'REBALANCE_IN_PROGRESS') throw error;
        return;
      }
    }
  }

  #failed(error: unknown): void {
    const type = typeOf(error);
    if (type === 'REBALANCE_IN_PROGRESS') return;
    if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION') {
      this.#memberId = '';
      this.#lose();
      return;
    }
    this.#options.onFailure(error);
  }

  /** Others have the partitions of a member that was not heard of for its session's length. */
  #loseIfForgotten(): void {
    if (performance.now() - this.#heardAt > this.#options.sessionTimeoutMs) this.#lose();
  }

  #lose(): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    if (!this.#abort.signal.aborted) this.#options.onLost();
  }
}

/** Kafka's own word for an error of the group's protocol. */
export function typeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('type' in error)) return undefined;
  return typeof error.type === 'string' ? error.type : undefined;
}
