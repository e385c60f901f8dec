import { NotifyError, type PresenceChange } from '@realtime-notify/core';
import type { DirectoryLink, ScriptCall } from './directory-link.js';
import { flagAndLists } from './directory-replies.js';
import { sweepScript } from './directory-scripts.js';
import { usersPerCall } from './registrar.js';
import type { Shard } from './shard.js';

/** Calls sent at once; between two of them Redis serves others. */
const tasksPerStep = 16;

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
    while (this.#tasks.size > 0) {
      const tasks = [...this.#tasks].slice(0, tasksPerStep);
      const replies = await this.#link.run(tasks.map(([, task]) => sweepCall(task)));
      for (const [i, [key]] of tasks.entries()) {
        const answer = flagAndLists(replies[i]);
        if (NotifyError.is(answer) || answer.flag) this.#tasks.delete(key);
        if (!NotifyError.is(answer)) this.#tell(answer.lists[0]);
      }
    }
    this.#running = false;
  }

  #tell(gone: readonly string[] = []): void {
    if (gone.length === 0 || this.#closed) return;
    this.#presence(gone.map((userId) => ({ userId, online: false })));
  }
}

function sweepCall({ shard, nodeId }: Task): ScriptCall {
  const { connections, leases, heldBy } = shard.keys;
  const keys = [connections, leases, heldBy(nodeId)];
  return { script: sweepScript, keys, args: [nodeId, usersPerCall, 0] };
}
