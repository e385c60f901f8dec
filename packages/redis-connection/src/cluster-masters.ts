import { setTimeout as delay } from 'node:timers/promises';
import { askOver, ClusterFinder } from './cluster-finder.js';
import { type ClusterView, nameOf } from './cluster-view.js';
import { backoffMs, type ClientSettings } from './redis-client.js';
import type { ClusterSource, HostPort, RedisServer } from './redis-source.js';

/** What an adapter keeps for each master, and what it wants to hear. */
export interface MasterHooks<T> {
  /** Makes what there is of a master, its connections say, and begins to connect. */
  open(server: RedisServer, name: string): T;
  /** The master has no slots any more, or all is closed. */
  close(member: T): Promise<void>;
  /** The owners of slots are others now; members were opened and closed accordingly. */
  changed(): void;
  /** Nobody could tell who owns what; it is tried again. Called for each attempt. */
  failed(error: unknown): void;
}

/**
 * The masters of a Cluster, with something of the adapter's for each, in step with who owns which slot.
 * It looks when it is told to (`refresh`), and again while nobody answers or a slot has no owner. Between
 * looks it holds no connection of its own and no timer.
 */
export class ClusterMasters<T> {
  readonly #source: ClusterSource;
  readonly #finder: ClusterFinder;
  readonly #maxDelayMs: number;
  readonly #hooks: MasterHooks<T>;
  readonly #members = new Map<string, T>();
  readonly #ending = new AbortController();
  readonly #closing = new Set<Promise<void>>();
  #view: ClusterView | undefined;
  #hint: HostPort | undefined;
  /** Those who wait for the look after the one under way. */
  #waiting: (() => void)[] = [];
  #looking = false;

  constructor(source: ClusterSource, settings: ClientSettings, hooks: MasterHooks<T>) {
    this.#source = source;
    this.#finder = new ClusterFinder(source.nodes, askOver(source, settings));
    this.#maxDelayMs = settings.maxReconnectDelayMs;
    this.#hooks = hooks;
  }

  /** Whether every slot has an owner, as far as is known. */
  get isWhole(): boolean {
    return this.#view?.isWhole ?? false;
  }

  get members(): readonly T[] {
    return [...this.#members.values()];
  }

  /** What belongs to the owner of the slot; undefined where that is not known. */
  ownerOf(slot: number): T | undefined {
    const owner = this.#view?.ownerOf(slot);
    return owner && this.#members.get(nameOf(owner));
  }

  /**
   * What belongs to this node, opened if need be: it may be about to become the owner of a slot.
   * Undefined after `close`.
   */
  at(node: HostPort): T | undefined {
    if (this.#ending.signal.aborted) return undefined;
    return this.#members.get(nameOf(node)) ?? this.#open(node);
  }

  /**
   * Looks who owns what. Resolves when a look that began after the call has ended, well or not.
   * @param first - the node that is likely to know
   */
  refresh(first?: HostPort): Promise<void> {
    if (this.#ending.signal.aborted) return Promise.resolve();
    this.#hint = first ?? this.#hint;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#looking) void this.#look();
    });
  }

  /** Ends at once, idempotent. */
  async close(): Promise<void> {
    this.#ending.abort(new Error('it was closed'));
    for (const name of [...this.#members.keys()]) this.#end(name);
    await Promise.all(this.#closing);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { signal } = this.#ending;
    this.#looking = true;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const [waiting, hint] = [this.#waiting, this.#hint];
      [this.#waiting, this.#hint] = [[], undefined];
      try {
        const view = await this.#finder.find(signal, hint);
        if (!signal.aborted) this.#adopt(view);
      } catch (error) {
        if (!signal.aborted) this.#hooks.failed(error);
      }
      for (const resolve of waiting) resolve();
      const settled = this.isWhole && this.#waiting.length === 0;
      if (settled || signal.aborted) break;
      await pause(backoffMs(attempt, this.#maxDelayMs), signal);
    }
    this.#looking = false;
  }

  #adopt(view: ClusterView): void {
    const before = this.#view;
    this.#view = view;
    if (before?.sameAs(view) === true) return;
    const names = new Set(view.masters.map(nameOf));
    for (const name of [...this.#members.keys()]) if (!names.has(name)) this.#end(name);
    for (const master of view.masters) this.at(master);
    this.#hooks.changed();
  }

  #open(at: HostPort): T {
    const { username, password, tls } = this.#source;
    const member = this.#hooks.open({ at, username, password, tls, database: 0 }, nameOf(at));
    this.#members.set(nameOf(at), member);
    return member;
  }

  #end(name: string): void {
    const member = this.#members.get(name);
    this.#members.delete(name);
    if (member === undefined) return;
    const closing = this.#hooks.close(member).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** Resolves after `ms`, or when `signal` is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
