import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type Logger, NotifyError, withinMs } from '@realtime-notify/core';
import {
  backoffMs,
  ClusterMasters,
  type ClusterSource,
  driverMessage,
  type HostPort,
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
  /** The node that is to do it although the slot is another's; default: the owner. */
  readonly asked?: HostPort | undefined;
}

/** Longest wait of a call for news of the masters, in milliseconds. */
const newsMs = 200;

/**
 * A Redis Cluster: a link to each master, and calls to whoever owns their slot, together in one write.
 * What a node refused because the slot is elsewhere, or on its way, is sent again; nothing else is. What
 * could not be sent, because one master of several is away, waits for its replica to become one.
 */
export class ClusterCalls implements RedisCalls {
  readonly #source: ClusterSource;
  readonly #settings: LinkSettings;
  readonly #logger: Logger;
  readonly #running = new Set<Promise<unknown>>();
  /** Calls that wait for news of the masters. */
  readonly #waiting = new Set<AbortController>();
  #closed = false;
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
    do {
      await Promise.allSettled(this.#running);
      // The callers hear of their replies first, and some go on with another call.
      await nextTurn();
    } while (this.#running.size > 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tellNews();
    const masters = this.#masters;
    this.#masters = undefined;
    this.#giveUp(closedError());
    await masters?.close();
  }

  async #run(
    calls: readonly Call[],
    masters: ClusterMasters<Master>,
  ): Promise<readonly RedisReply[]> {
    const { commandTimeoutMs } = this.#settings;
    const deadline = Date.now() + commandTimeoutMs;
    const replies: RedisReply[] = [];
    let left = calls.map((call, place): Sending => ({ call, place, slot: slotOf(keyOf(call)) }));
    for (let attempt = 1; ; attempt += 1) {
      const isLast = this.#closed || Date.now() > deadline || !this.#mayWait(masters);
      const masterOf = ({ slot, asked }: Sending) =>
        asked === undefined ? masters.ownerOf(slot) : masters.at(asked);
      const waiting = new Set(left.filter((one) => !isLast && !masterOf(one)?.link.isReady));
      const sent = left.filter((one) => !waiting.has(one));
      await Promise.all(
        [...groupBy(sent, masterOf)].map(([master, group]) => send(master, group, replies)),
      );
      const refused = refusedForNow(sent, replies);
      if (isLast || refused.length + waiting.size === 0) return replies;
      if (refused.length > 0) void masters.refresh(refused.find(({ to }) => to)?.to);
      await this.#news(backoffMs(attempt, newsMs));
      const again = refused.map((one) => ({
        ...one,
        asked: one.kind === 'asked' ? one.to : undefined,
      }));
      left = [...waiting, ...again].toSorted((one, other) => one.place - other.place);
    }
  }

  /** Some masters are there, and not too many calls wait already. */
  #mayWait(masters: ClusterMasters<Master>): boolean {
    const { maxPendingCommands } = this.#settings;
    return (
      this.#waiting.size < maxPendingCommands && masters.members.some(({ link }) => link.isReady)
    );
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
    this.#tellNews();
    if (masters.isWhole && masters.members.every(({ link }) => link.isReady)) this.#reached();
  }

  #failed(error: unknown): void {
    if (!(error instanceof Error)) return;
    this.#lastError = error;
    if (isRefusal(error)) this.#giveUp(unavailable(`refused: ${driverMessage(error)}`, error));
  }

  /** Resolves when a master has come or gone, at the latest after so long. */
  async #news(ms: number): Promise<void> {
    const waiting = new AbortController();
    this.#waiting.add(waiting);
    await delay(ms, undefined, { signal: waiting.signal }).catch(() => undefined);
    this.#waiting.delete(waiting);
  }

  #tellNews(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedError();
  }
}

/** Puts what became of the calls in their places; never rejects. */
async function send(
  master: Master | undefined,
  group: readonly Sending[],
  replies: RedisReply[],
): Promise<void> {
  let answers: readonly RedisReply[] = [];
  let failure: Error = unavailable('no master of the Cluster is known to own the slot');
  try {
    if (master !== undefined) {
      const asking = group.some(({ asked }) => asked !== undefined);
      const calls = group.map(({ call }) => call);
      answers = await master.scripts.run(calls, asking);
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
