import { setTimeout as delay } from 'node:timers/promises';
import type { NotifyError } from '@realtime-notify/core';
import { backoffMs } from '@realtime-notify/redis-connection';
import { asUnavailable, unavailable } from './driver-errors.js';
import { NoRoundTrip, type SelfProbe } from './self-probe.js';

export interface KeeperSettings {
  readonly probeEveryMs: number;
  readonly maxReconnectDelayMs: number;
}

/** What is to stand while the link is up. */
export interface KeptInterest {
  /** Subscribes whatever is wanted and not acknowledged. */
  restore(): Promise<void>;
  /** Why something wanted is not subscribed; undefined if all is. */
  readonly failure: Error | undefined;
}

/** Who is told of the link, whenever it changes or another attempt failed. */
export interface LinkReport {
  up(): void;
  down(error: NotifyError): void;
}

/**
 * Brings the link up whenever its connections are ready (subscriptions first, then a round trip,
 * then the news) and probes it from then on. One loop, one timer.
 */
export class LinkKeeper {
  readonly #settings: KeeperSettings;
  readonly #interest: KeptInterest;
  readonly #probe: SelfProbe;
  readonly #report: LinkReport;
  readonly #reconnect: () => void;
  #session: AbortController | undefined;

  constructor(
    settings: KeeperSettings,
    interest: KeptInterest,
    probe: SelfProbe,
    report: LinkReport,
    reconnect: () => void,
  ) {
    this.#settings = settings;
    this.#interest = interest;
    this.#probe = probe;
    this.#report = report;
    this.#reconnect = reconnect;
  }

  /** All connections are ready. */
  ready(): void {
    if (this.#session !== undefined) return;
    this.#session = new AbortController();
    void this.#keep(this.#session.signal);
  }

  /** A connection was lost, or could not be made. */
  lost(error: Error | undefined): void {
    this.stop();
    this.#report.down(unavailable('no link to Redis', error));
  }

  stop(): void {
    this.#session?.abort();
    this.#session = undefined;
  }

  /** Never rejects; ends when the session does. */
  async #keep(session: AbortSignal): Promise<void> {
    for (let attempt = 1; !session.aborted; attempt += 1) {
      try {
        await this.#interest.restore();
        await this.#probe.roundTrip();
        if (session.aborted) return;
        this.#report.up();
        attempt = 0;
        await this.#watch(session);
      } catch (error) {
        if (session.aborted) return;
        const failure = asUnavailable('the link to Redis is not usable', error);
        this.#report.down(failure);
        // Half-open: they look ready, yet nothing comes through. Their ends begin a new session.
        if (failure instanceof NoRoundTrip) this.#reconnect();
        await pause(backoffMs(attempt, this.#settings.maxReconnectDelayMs), session);
      }
    }
  }

  /** Resolves when the session ends; rejects when the link is found to be unusable. */
  async #watch(session: AbortSignal): Promise<void> {
    while (!session.aborted) {
      // A quarter of jitter keeps the nodes of a cluster apart.
      await pause(this.#settings.probeEveryMs * (0.875 + Math.random() / 4), session);
      if (session.aborted) return;
      if (this.#interest.failure !== undefined) throw this.#interest.failure;
      await this.#probe.roundTrip();
    }
  }
}

/** Resolves after `ms`, or when `signal` is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
