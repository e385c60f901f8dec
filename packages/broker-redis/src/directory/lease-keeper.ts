import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@realtime-notify/redis-connection';
import { asDirectoryUnavailable, directoryUnavailable } from '../driver-errors.js';
import type { DirectoryLink } from './directory-link.js';
import type { DirectoryStatus } from './directory-status.js';

export interface KeeperSettings {
  readonly leaseMs: number;
  readonly maxReconnectDelayMs: number;
}

/**
 * Renews this node's leases three times in each while any part of the directory can be reached: where one is
 * away, users in the others are to be found nevertheless. One loop, one timer.
 */
export class LeaseKeeper {
  readonly #settings: KeeperSettings;
  readonly #link: Pick<DirectoryLink, 'isReady' | 'isReachable'>;
  readonly #beat: () => Promise<void>;
  readonly #status: DirectoryStatus;
  #session: AbortController | undefined;

  /** @param beat - brings everything into line and renews the leases; rejects where it could not */
  constructor(
    settings: KeeperSettings,
    link: Pick<DirectoryLink, 'isReady' | 'isReachable'>,
    beat: () => Promise<void>,
    status: DirectoryStatus,
  ) {
    this.#settings = settings;
    this.#link = link;
    this.#beat = beat;
    this.#status = status;
  }

  /** Every part can be reached. */
  ready(): void {
    this.stop();
    this.#begin();
  }

  /** Some part cannot be reached. */
  lost(error: Error | undefined): void {
    if (!this.#link.isReachable) this.stop();
    else if (this.#session === undefined) this.#begin();
    this.#status.down(directoryUnavailable('no link to Redis', error));
  }

  stop(): void {
    this.#session?.abort();
    this.#session = undefined;
  }

  #begin(): void {
    this.#session = new AbortController();
    void this.#keep(this.#session.signal);
  }

  /** Never rejects; ends when the session does. */
  async #keep(session: AbortSignal): Promise<void> {
    const { leaseMs, maxReconnectDelayMs } = this.#settings;
    for (let attempt = 1; !session.aborted; attempt += 1) {
      let pauseMs = (leaseMs / 3) * (0.875 + Math.random() / 8);
      try {
        await this.#beat();
        if (session.aborted) return;
        // A part may have been lost just now.
        if (this.#link.isReady) this.#status.up();
        attempt = 0;
      } catch (error) {
        if (session.aborted) return;
        this.#status.down(asDirectoryUnavailable('the leases are not renewed', error));
        pauseMs = Math.min(pauseMs, backoffMs(attempt, maxReconnectDelayMs));
      }
      await delay(pauseMs, undefined, { signal: session }).catch(() => undefined);
    }
  }
}
