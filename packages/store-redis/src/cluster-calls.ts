import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type Logger, NotifyError, withinMs } from '@realtime-notify/core';
import {
  backoffMs,
  ClusterMasters,
  type ClusterSource,
  driverMessage,
  isRefusal,
  type RedisServer,
  slotOf,
} from '@realtime-notify/redis-connection';
import { unavailable } from './driver-errors.js';
import type { RedisCalls } from './redis-calls.js';
import {
  closedError,
  type LinkSettings,
  notStartedError,
  RedisLink,
  type RedisReply,
} from './redis-link.js';
import { refusedForNow } from './refused-for-now.js';
import { type Call, keyOf, ScriptRunner } from './script-runner.js';

/** One master of the Cluster. */
interface Master {
  readonly link: RedisLink;
  readonly scripts: ScriptRunner;
}

/** A call on its way, and its place among the replies. */
interface Sending {
  readonly call: Call;
  readonly place: number;
  readonly slot: number;
}

/**
 * A Redis Cluster: a link to each master, and calls to whoever owns their slot, together in one write.
 * What a node refused because the slot is elsewhere, or on its way, is sent again; nothing else is.
 */
export class ClusterCalls implements RedisCalls {
  readonly #source: ClusterSource;
  readonly #settings: LinkSettings;
  readonly #logger: Logger;
  readonly #running = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  #masters: ClusterMasters<Master> | undefined;
  /** End an `open` that is under way. */
  #reached = (): void => {};
  #giveUp = (_error: NotifyError): void => {};
  #lastError: Error | undefined;

  constructor(source: ClusterSource, settings: LinkSettings, logger: Logger) {
    this.#source = source;
    this.#settings = settings;
    this.#logger = logger;
  }

  async open(): Promise<void> {
    this.#mustBeOpen();
    if (this.#masters !== undefined) return;
    const { startTimeoutMs } = this.#settings;
    const contact = new Promise<void>((resolve, reject) => {
      this.#reached = resolve;
      this.#giveUp = reject;
    });
    const masters = this.#findMasters();
    this.#masters = masters;
    const late = () => unavailable(`no answer within ${startTimeoutMs} ms`, this.#lastError);
    void masters.refresh();
    try {
      await withinMs(contact, startTimeoutMs, late);
    } catch (error) {
      this.#masters = undefined;
      await masters.close();
      this.#mustBeOpen();
      throw error;
    }
  }

  async run(calls: readonly Call[]): Promise<readonly RedisReply[]> {
    this.#mustBeOpen();
    if (this.#masters === undefined) throw notStartedError();
    const running = this.#run(calls, this.#masters);
    const settled = running
      .catch(() => undefined)
      .finally(() => {
        this.#running.delete(settled);
      });
    this.#running.add(settled);
    const replies = await running;
    this.#mustBeOpen();
    return replies;
  }

  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    // The callers hear of their replies first.
    await nextTurn();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    const masters = this.#masters;
    this.#masters = undefined;
    this.#giveUp(closedError());
    await masters?.close();
  }

  async #run(
    calls: readonly Call[],
    masters: ClusterMasters<Master>,
  ): Promise<readonly RedisReply[]> {
    const { commandTimeoutMs, maxReconnectDelayMs } = this.#settings;
    const deadline = Date.now() + commandTimeoutMs;
    const all = calls.map((call, place): Sending => ({ call, place, slot: slotOf(keyOf(call)) }));
    const replies: RedisReply[] = [];
    const groups = groupBy(all, ({ slot }) => masters.ownerOf(slot));
    await Promise.all([...groups].map(([master, group]) => send(master, group, replies)));
    for (let attempt = 1; ; attempt += 1) {
      const refused = refusedForNow(all, replies);
      if (refused.length === 0) return replies;
      await masters.refresh(refused.find(({ to }) => to !== undefined)?.to);
      // The first is for the new owner at once; what comes back again needs time.
      if (attempt > 1) await this.#pause(backoffMs(attempt, maxReconnectDelayMs));
      if (this.#ending.signal.aborted || Date.now() > deadline) return replies;
      const asked = refused.filter(({ kind, to }) => kind === 'asked' && to !== undefined);
      const others = refused.filter((one) => !asked.includes(one));
      const again = [
        ...[...groupBy(asked, ({ to }) => to && masters.at(to))].map(
          ([master, group]) => [master, group, true] as const,
        ),
        ...[...groupBy(others, ({ slot }) => masters.ownerOf(slot))].map(
          ([master, group]) => [master, group, false] as const,
        ),
      ].filter(([master]) => master?.link.isReady);
      await Promise.all(
        again.map(([master, group, asking]) => send(master, group, replies, asking)),
      );
    }
  }

  #findMasters(): ClusterMasters<Master> {
    const masters: ClusterMasters<Master> = new ClusterMasters(
      this.#source,
      { ...this.#settings, name: 'realtime-notify-store' },
      {
        open: (server, name) => this.#openMaster(server, name, masters),
        close: ({ link }) => link.close(),
        changed: () => this.#look(masters),
        failed: (error) => this.#failed(error),
      },
    );
    return masters;
  }

  #openMaster(server: RedisServer, name: string, masters: ClusterMasters<Master>): Master {
    const link = new RedisLink(server, this.#settings, naming(name, this.#logger), {
      ready: () => this.#look(masters),
      lost: (error) => {
        this.#failed(error);
        // It may have another master by now.
        void masters.refresh();
      },
    });
    link.connect();
    return { link, scripts: new ScriptRunner(link) };
  }

  #look(masters: ClusterMasters<Master>): void {
    if (masters.isWhole && masters.members.every(({ link }) => link.isReady)) this.#reached();
  }

  #failed(error: unknown): void {
    if (!(error instanceof Error)) return;
    this.#lastError = error;
    if (isRefusal(error)) this.#giveUp(unavailable(`refused: ${driverMessage(error)}`, error));
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }

  #mustBeOpen(): void {
    if (this.#ending.signal.aborted) throw closedError();
  }
}

/** Puts what became of the calls in their places; never rejects. */
async function send(
  master: Master | undefined,
  group: readonly Sending[],
  replies: RedisReply[],
  asking = false,
): Promise<void> {
  let answers: readonly RedisReply[] = [];
  let failure: Error = unavailable('no master of the Cluster is known to own the slot');
  try {
    if (master !== undefined) {
      answers = await master.scripts.run(
        group.map(({ call }) => call),
        asking,
      );
      failure = unavailable('Redis gave no reply');
    }
  } catch (error) {
    // A link that was closed has lost its slots to another master.
    const ours = NotifyError.is(error) && error.code === 'STORE_UNAVAILABLE';
    failure = ours ? error : unavailable('the link to this master was given up');
  }
  for (const [n, { place }] of group.entries()) replies[place] = answers[n] ?? { error: failure };
}

function groupBy<T, K>(items: readonly T[], keyOfItem: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Lines that say which node they are about. */
function naming(redis: string, logger: Logger): Logger {
  return {
    debug: (facts, message) => logger.debug({ redis, ...facts }, message),
    info: (facts, message) => logger.info({ redis, ...facts }, message),
    warn: (facts, message) => logger.warn({ redis, ...facts }, message),
    error: (facts, message) => logger.error({ redis, ...facts }, message),
  };
}
