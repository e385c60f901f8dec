import type { Admin } from 'kafkajs';
import { pause, withDeadline } from './deadline.js';
import type { Janitor, JanitorOptions } from './kafka-client.js';

/** What a janitor needs of an admin, and how to be done with it. */
export interface JanitorAdmin {
  readonly admin: Pick<Admin, 'connect' | 'listGroups' | 'describeGroups' | 'deleteGroups'>;
  end(): Promise<void>;
}

const lookMs = 30_000;

/**
 * Deletes groups of nodes that died. A group goes that had no member at two looks in a row; Kafka
 * itself refuses where one has joined in between. The time between looks varies, so that the
 * janitors of many nodes do not look together.
 */
export class GroupJanitor implements Janitor {
  readonly #newAdmin: () => JanitorAdmin;
  readonly #options: JanitorOptions;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #emptyBefore: ReadonlySet<string> = new Set();
  #end: (() => Promise<void>) | undefined;

  constructor(newAdmin: () => JanitorAdmin, options: JanitorOptions) {
    this.#newAdmin = newAdmin;
    this.#options = options;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#end?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { intervalMs } = this.#options;
    for (let failing = false; ; ) {
      await pause(intervalMs * (0.75 + Math.random() / 2), signal);
      if (signal.aborted) return;
      const error = await this.#look();
      if (signal.aborted) return;
      if (failing !== (error !== undefined)) this.#options.onChange(error);
      failing = error !== undefined;
    }
  }

  /** Resolves with what was in the way. */
  async #look(): Promise<unknown> {
    const { admin, end } = this.#newAdmin();
    this.#end = end;
    try {
      await withDeadline('looking for dead groups', lookMs, this.#sweep(admin));
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.#end = undefined;
      await end();
    }
  }

  async #sweep(admin: JanitorAdmin['admin']): Promise<void> {
    await admin.connect();
    const { groups } = await admin.listGroups();
    const ours = groups
      .map(({ groupId }) => groupId)
      .filter((groupId) => this.#options.isOurs(groupId));
    const { groups: described } = await admin.describeGroups(ours);
    const empty = described
      .filter(({ state, members }) => state === 'Empty' && members.length === 0)
      .map(({ groupId }) => groupId);
    const dead = empty.filter((groupId) => this.#emptyBefore.has(groupId));
    this.#emptyBefore = new Set(empty);
    for (const groupId of dead) {
      // Another janitor was quicker, or a node has joined: neither is a failure.
      await admin.deleteGroups([groupId]).catch(() => {});
    }
  }
}
