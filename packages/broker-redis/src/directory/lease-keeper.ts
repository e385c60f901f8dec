import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@realtime-notify/redis-connection';
import { asDirectoryUnavailable, directoryUnavailable } from '../driver-errors.js';
import type { DirectoryStatus } from './directory-status.js';

export interface KeeperSettings {
  readonly leaseMs: number;
  readonly maxReconnectDelayMs: number;
}

/** Renews this node's leases three times in each while the link is ready. One loop, one timer. */
export class LeaseKeeper {
  readonly #settings: KeeperSettings;
  readonly #beat: () => Promise<void>;
  readonly #status: DirectoryStatus;
  #session: AbortController | undefined;

  /** @param beat - brings everything into line and renews the leases; rejects where it could not */
  constructor(settings: KeeperSettings, beat: () => Promise<void>, status: DirectoryStatus) {
    this.#settings = settings;
    this.#beat = beat;
    this.#status = status;
  }

  /** The link is ready. */
  ready(): void {
    this.stop();
    this.#session = new AbortController();
    void this.#keep(this.#session.signal);
  }

  /** The link was lost, or could not be made. */
  lost(error: Error | undefined): void {
    this.stop();
    this.#status.down(directoryUnavailable('no link to Redis', error));
  }

  stop(): void {
    this.#session?.abort();
    this.#session = undefined;
  }

  /** Never rejects; ends when the session does. */
  async #keep(session: AbortSignal): Promise<void> {
    const { leaseMs, maxReconnectDelayMs } = this.#settings;
    for (let attempt = 1; !session.aborted; attempt += 1) {
      let pauseMs = (leaseMs / 3) * (0.875 + Math.random() / 8);
      try {
        await this.#beat();
        if (session.aborted) return;
        this.#status.up();
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
