import { NotifyError } from '../errors/notify-error.js';
import type { Directory, DirectorySink, DirectoryStartOptions } from '../ports/directory.js';

/** A Directory for a single node: it knows the users of this node, which is always there. */
export function memoryDirectory(): Directory {
  return new MemoryDirectory();
}

interface Running {
  readonly here: readonly string[];
  readonly sink: DirectorySink;
  readonly publishOnly: boolean;
}

const nowhere: readonly string[] = Object.freeze([]);

class MemoryDirectory implements Directory {
  readonly capabilities = Object.freeze({ shared: false });
  readonly #users = new Set<string>();
  #running: Running | undefined;
  #closed = false;

  async start(
    nodeId: string,
    sink: DirectorySink,
    { publishOnly = false }: DirectoryStartOptions = {},
  ): Promise<void> {
    if (this.#closed) throw closedError();
    this.#running = { here: Object.freeze([nodeId]), sink, publishOnly };
    sink.status({ state: 'up' });
  }

  async add(userIds: readonly string[]): Promise<void> {
    const { sink, publishOnly } = this.#started();
    if (publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'the memory directory was started to look up only');
    }
    const came = [...new Set(userIds)].filter((userId) => !this.#users.has(userId));
    for (const userId of came) this.#users.add(userId);
    if (came.length > 0) sink.presence(came.map((userId) => ({ userId, online: true })));
  }

  async remove(userIds: readonly string[]): Promise<void> {
    const { sink } = this.#started();
    const went = userIds.filter((userId) => this.#users.delete(userId));
    if (went.length > 0) sink.presence(went.map((userId) => ({ userId, online: false })));
  }

  async where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    const { here } = this.#started();
    return userIds.map((userId) => (this.#users.has(userId) ? here : nowhere));
  }

  async drain(): Promise<void> {
    if (this.#running !== undefined && !this.#closed) await this.remove([...this.#users]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#users.clear();
  }

  #started(): Running {
    if (this.#closed) throw closedError();
    if (this.#running === undefined) {
      throw new NotifyError('NOT_STARTED', 'the directory is not started');
    }
    return this.#running;
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the memory directory is closed');
}
