import { ClusterView, nameOf } from './cluster-view.js';
import { type ClientSettings, RedisClient } from './redis-client.js';
import { isRefusal } from './redis-refusal.js';
import type { ClusterSource, HostPort, RedisServer } from './redis-source.js';

/** Longest wait for one node, in milliseconds: another one may answer at once. */
const askTimeoutMs = 1_000;

/** Asks one node how it sees the Cluster. */
export type AskNode = (node: HostPort, signal: AbortSignal) => Promise<ClusterView>;

/** Finds out who the masters are, by asking the nodes in turn. */
export class ClusterFinder {
  readonly #seeds: readonly HostPort[];
  readonly #ask: AskNode;
  #newest: ClusterView | undefined;
  #turn = 0;

  constructor(seeds: readonly HostPort[], ask: AskNode) {
    this.#seeds = seeds;
    this.#ask = ask;
  }

  /**
   * The first look that is not older than what was known: a node that was cut off tells of the past.
   * Where all are older, the Cluster was made anew, and the newest of them counts. Rejects when none
   * answered: with a refusal where there was one, else with the last failure.
   * @param first - asked before the others
   */
  async find(signal: AbortSignal, first?: HostPort): Promise<ClusterView> {
    const candidates = [...(first === undefined ? [] : [first]), ...this.#known()];
    const nodes = new Map(candidates.map((node) => [nameOf(node), node]));
    let older: ClusterView | undefined;
    let failure: unknown;
    for (const node of nodes.values()) {
      try {
        const view = await this.#ask(node, signal);
        if (view.epoch >= (this.#newest?.epoch ?? 0)) return this.#adopt(view);
        if (view.epoch > (older?.epoch ?? -1)) older = view;
      } catch (error) {
        signal.throwIfAborted();
        if (!isRefusal(failure)) failure = error;
      }
    }
    if (older !== undefined) return this.#adopt(older);
    throw failure;
  }

  /** Another one first each time: the one that was asked first may be what is wrong. */
  #known(): readonly HostPort[] {
    const masters = this.#newest?.masters ?? [];
    this.#turn += 1;
    const from = this.#turn % Math.max(masters.length, 1);
    return [...masters.slice(from), ...masters.slice(0, from), ...this.#seeds];
  }

  #adopt(view: ClusterView): ClusterView {
    this.#newest = view;
    return view;
  }
}

/** Over a connection for this question only. */
export function askOver(
  { username, password, tls }: ClusterSource,
  settings: ClientSettings,
): AskNode {
  const commandTimeoutMs = Math.min(askTimeoutMs, settings.commandTimeoutMs);
  return async (node, signal) => {
    const server: RedisServer = { at: node, username, password, tls, database: 0 };
    let ready = (): void => {};
    let failed = (_reason: unknown): void => {};
    const contact = new Promise<void>((resolve, reject) => {
      [ready, failed] = [resolve, reject];
    });
    let reason: unknown;
    const giveUp = (why: unknown): void => {
      reason ??= why;
      failed(reason);
      // What waits for an answer rejects.
      void client.close();
    };
    const lost = (error?: Error): void => giveUp(error ?? new Error('the connection was lost'));
    const client = new RedisClient(server, { ...settings, commandTimeoutMs }, { ready, lost });
    const late = (): void => giveUp(new Error(`no answer within ${commandTimeoutMs} ms`));
    const timer = setTimeout(late, commandTimeoutMs);
    const ended = (): void => giveUp(signal.reason);
    signal.addEventListener('abort', ended);
    try {
      client.open();
      await contact;
      const [slots, info] = await Promise.all([
        client.redis.call('cluster', 'slots'),
        client.redis.call('cluster', 'info'),
      ]);
      return new ClusterView(slots, info, node);
    } catch (error) {
      throw reason ?? error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', ended);
      await client.close();
    }
  };
}
