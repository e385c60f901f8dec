import { withinMs } from '@realtime-notify/core';
import {
  type ClientEvents,
  ClusterMasters,
  type ClusterSource,
  type HostPort,
  slotOf,
} from '@realtime-notify/redis-connection';
import { directoryUnavailable } from '../driver-errors.js';
import { shardCount, shardKeys } from './directory-keys.js';
import type { LinkSettings, ScriptAnswer, ScriptCall, ScriptRoute } from './directory-link.js';
import { ScriptConnection } from './script-connection.js';
import { SlotCalls, type SlotOwners } from './slot-calls.js';

/**
 * A Redis Cluster: a connection to each master, and the calls of each part of the directory to whoever owns
 * its slot. Parts do not wait for one another: where a master is away, the calls for its parts fail at
 * once, and the others are done.
 */
export class ClusterConnections implements ScriptRoute {
  readonly #settings: LinkSettings;
  readonly #events: ClientEvents;
  readonly #masters: ClusterMasters<ScriptConnection>;
  readonly #slots: ReadonlyMap<number, SlotCalls>;
  /** End the waits for news of the masters. */
  readonly #waiting = new Set<() => void>();

  constructor(source: ClusterSource, settings: LinkSettings, events: ClientEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#masters = new ClusterMasters(
      source,
      { ...settings, name: 'realtime-notify-directory' },
      {
        open: (server) => {
          const master: ScriptConnection = new ScriptConnection(server, settings, {
            ready: () => this.#look(),
            lost: (error) => this.#lost(master, error),
          });
          master.open();
          return master;
        },
        close: (master) => master.close(),
        changed: () => this.#look(),
        failed: (error) => {
          // Masters that are ready work on without it.
          if (!this.isReady) events.lost(error instanceof Error ? error : undefined);
        },
      },
    );
    const slots = Array.from({ length: shardCount }, (_, i) => slotOf(shardKeys('', i).leases));
    this.#slots = new Map(slots.map((slot) => [slot, new SlotCalls(this.#ownersOf(slot))]));
  }

  get isReady(): boolean {
    return [...this.#slots.keys()].every((slot) => this.#masters.ownerOf(slot)?.isReady);
  }

  get isReachable(): boolean {
    return [...this.#slots.keys()].some((slot) => this.#masters.ownerOf(slot)?.isReady);
  }

  open(): void {
    void this.#masters.refresh();
  }

  async run(calls: readonly ScriptCall[]): Promise<readonly ScriptAnswer[]> {
    const placesOf = new Map<number, number[]>();
    for (const [place, { keys }] of calls.entries()) {
      const slot = slotOf(keys[0] ?? '');
      const places = placesOf.get(slot);
      if (places === undefined) placesOf.set(slot, [place]);
      else places.push(place);
    }
    const answers: ScriptAnswer[] = [];
    const running = [...placesOf].map(async ([slot, places]) => {
      const part = calls.filter((_, place) => places.includes(place));
      const given = (await this.#slots.get(slot)?.run(part)) ?? [];
      for (const [i, place] of places.entries()) answers[place] = given[i] ?? noAnswer;
    });
    await Promise.all(running);
    return answers;
  }

  async close(): Promise<void> {
    const closing = this.#masters.close();
    this.#tellNews();
    await closing;
  }

  #ownersOf(slot: number): SlotOwners {
    return {
      owner: () => this.#masters.ownerOf(slot),
      at: (node) => this.#masters.at(node),
      refresh: (first) => this.#refresh(first),
      news: (ms) => this.#news(ms),
    };
  }

  #look(): void {
    this.#tellNews();
    if (this.isReady) this.#events.ready();
  }

  #lost(master: ScriptConnection, error: Error | undefined): void {
    const serves = [...this.#slots.keys()].some((slot) => this.#masters.ownerOf(slot) === master);
    if (serves) this.#events.lost(error);
    // Its parts may have another master by now.
    void this.#masters.refresh();
  }

  #refresh(first: HostPort | undefined): Promise<void> {
    const { commandTimeoutMs } = this.#settings;
    const late = () => directoryUnavailable('the Cluster does not tell its masters');
    return withinMs(this.#masters.refresh(first), commandTimeoutMs, late);
  }

  /** Resolves when a master has come or gone, at the latest after so long. */
  #news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#waiting.add(end);
    });
  }

  #tellNews(): void {
    for (const end of [...this.#waiting]) end();
  }
}

const noAnswer: ScriptAnswer = [new Error('Redis gave no reply'), null];
