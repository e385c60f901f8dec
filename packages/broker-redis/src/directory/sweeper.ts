import { NotifyError, type PresenceChange } from '@realtime-notify/core';
import type { DirectoryLink } from './directory-link.js';
import { flagAndLists } from './directory-replies.js';
import { sweepScript } from './directory-scripts.js';
import { usersPerCall } from './registrar.js';
import type { Shard } from './shard.js';

interface Task {
  readonly shard: Shard;
  readonly nodeId: string;
}

/**
 * Takes out what nodes have left whose leases ended, a bounded step at a time. Several nodes may do so at
 * once: what one has taken, the others do not find. What fails is found again at the next renewal.
 */
export class Sweeper {
  readonly #link: Pick<DirectoryLink, 'run'>;
  readonly #presence: (changes: readonly PresenceChange[]) => void;
  readonly #tasks = new Map<string, Task>();
  #running = false;
  #closed = false;

  constructor(
    link: Pick<DirectoryLink, 'run'>,
    presence: (changes: readonly PresenceChange[]) => void,
  ) {
    this.#link = link;
    this.#presence = presence;
  }

  sweep(shard: Shard, nodeIds: readonly string[]): void {
    for (const nodeId of nodeIds) this.#tasks.set(shard.keys.heldBy(nodeId), { shard, nodeId });
    if (this.#running || this.#closed) return;
    this.#running = true;
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#tasks.clear();
  }

  async #run(): Promise<void> {
    for (const [key, task] of this.#tasks) {
      await this.#takeOut(task);
      this.#tasks.delete(key);
    }
    this.#running = false;
  }

  async #takeOut({ shard, nodeId }: Task): Promise<void> {
    const { connections, leases, heldBy } = shard.keys;
    const keys = [connections, leases, heldBy(nodeId)];
    for (let done = false; !done && !this.#closed; ) {
      const args = [nodeId, usersPerCall, 0];
      const [reply] = await this.#link.run([{ script: sweepScript, keys, args }]);
      const answer = flagAndLists(reply);
      if (NotifyError.is(answer)) return;
      const [gone = []] = answer.lists;
      done = answer.flag;
      if (gone.length > 0 && !this.#closed) {
        this.#presence(gone.map((userId) => ({ userId, online: false })));
      }
    }
  }
}
