import { setTimeout as pause } from 'node:timers/promises';
import { withinMs } from '@realtime-notify/core';
import { unavailable } from './driver-errors.js';
import type { PoolLink } from './pool-link.js';
import type { LentClient } from './postgres-client.js';

/** How often a connection that has nothing to say is asked whether it is still there. */
const probeEveryMs = 10_000;

/**
 * Tells of commits that put drafts, by LISTEN on a connection of its own while anybody watches. It is made anew for
 * ever; what was missed meanwhile is told as one.
 */
export class CommitListener {
  readonly #link: PoolLink;
  readonly #channel: string;
  readonly #commandTimeoutMs: number;
  readonly #maxReconnectDelayMs: number;
  readonly #watchers = new Set<() => void>();
  #isStarted = false;
  #listening: AbortController | undefined;

  constructor(
    link: PoolLink,
    channel: string,
    waits: { readonly commandTimeoutMs: number; readonly maxReconnectDelayMs: number },
  ) {
    this.#link = link;
    this.#channel = channel;
    this.#commandTimeoutMs = waits.commandTimeoutMs;
    this.#maxReconnectDelayMs = waits.maxReconnectDelayMs;
  }

  /** Watching may have begun before; called once the link is open. */
  start(): void {
    this.#isStarted = true;
    this.#listen();
  }

  watch(due: () => void): () => void {
    const watcher = (): void => due();
    this.#watchers.add(watcher);
    this.#listen();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#listening?.abort();
      this.#listening = undefined;
    };
  }

  #listen(): void {
    const isIdle = !this.#isStarted || this.#watchers.size === 0 || this.#link.closing.aborted;
    if (isIdle || this.#listening !== undefined) return;
    this.#listening = new AbortController();
    void this.#keepListening(AbortSignal.any([this.#listening.signal, this.#link.closing]));
  }

  async #keepListening(ended: AbortSignal): Promise<void> {
    for (let attempt = 0; !ended.aborted; attempt += 1) {
      await this.#link
        .hold(async (client) => {
          await this.#onOne(client, ended);
        })
        .then(
          () => undefined,
          () => undefined,
        );
      const waitMs = Math.min(50 * 2 ** attempt, this.#maxReconnectDelayMs);
      await pause(waitMs, undefined, { signal: ended }).catch(() => undefined);
    }
  }

  async #onOne(client: LentClient, ended: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const tell = (): void => {
      for (const watcher of [...this.#watchers]) watcher();
    };
    const noteLoss = (): void => lost.abort();
    client.on('notification', tell);
    client.on('end', noteLoss);
    client.on('error', noteLoss);
    const over = AbortSignal.any([ended, lost.signal]);
    const ask = (text: string) =>
      withinMs(client.query(text), this.#commandTimeoutMs, () => unavailable('no answer in time'));
    await ask(`LISTEN ${this.#channel}`);
    // What was committed before is not told by itself.
    tell();
    while (!over.aborted) {
      await pause(probeEveryMs, undefined, { signal: over }).catch(() => undefined);
      if (!over.aborted) await ask('SELECT 1');
    }
    throw unavailable('it listens no more');
  }
}
