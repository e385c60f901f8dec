import { NotifyError } from '../errors/notify-error.js';
import type { Directory, DirectorySink, DirectoryStartOptions } from '../ports/directory.js';

/** A directory that remembers what it was told, knows users of other nodes, and can be made to fail. */
export class RecordingDirectory implements Directory {
  readonly capabilities = { shared: true };
  /** Which nodes hold whom, this one not among them. */
  readonly elsewhere = new Map<string, readonly string[]>();
  readonly here = new Set<string>();
  /** Each call with its users. */
  readonly calls: string[] = [];
  startedWith: DirectoryStartOptions | undefined;
  away = false;
  /** Awaited before a call is done. */
  before: (() => Promise<void>) | undefined;
  #nodeId = '';
  #sink: DirectorySink | undefined;

  get sink(): DirectorySink {
    if (this.#sink === undefined) throw new Error('the directory was not started');
    return this.#sink;
  }

  async start(nodeId: string, sink: DirectorySink, options?: DirectoryStartOptions): Promise<void> {
    this.#nodeId = nodeId;
    this.#sink = sink;
    this.startedWith = options;
    await this.#called('start');
  }

  async add(userIds: readonly string[]): Promise<void> {
    await this.#called('add', userIds);
    for (const userId of userIds) this.here.add(userId);
  }

  async remove(userIds: readonly string[]): Promise<void> {
    await this.#called('remove', userIds);
    for (const userId of userIds) this.here.delete(userId);
  }

  async where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    await this.#called('where', userIds);
    return userIds.map((userId) => [
      ...(this.here.has(userId) ? [this.#nodeId] : []),
      ...(this.elsewhere.get(userId) ?? []),
    ]);
  }

  drain(): Promise<void> {
    return this.#called('drain');
  }

  close(): Promise<void> {
    return this.#called('close');
  }

  async #called(method: string, userIds: readonly string[] = []): Promise<void> {
    this.calls.push([method, ...userIds].join(' '));
    await this.before?.();
    if (this.away) throw new NotifyError('DIRECTORY_UNAVAILABLE', `no ${method} today`);
  }
}
