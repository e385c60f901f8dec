import { backoffMs, type HostPort, redirectionOf } from '@realtime-notify/redis-connection';
import { asDirectoryUnavailable, directoryUnavailable } from '../driver-errors.js';
import type { ScriptAnswer, ScriptCall } from './directory-link.js';
import type { ScriptConnection } from './script-connection.js';

/** Who may do the calls for a slot. */
export interface SlotOwners {
  /** The owner as far as is known. */
  owner(): Master | undefined;
  /** The connection to this node, opened if need be; undefined after `close`. */
  at(node: HostPort): Master | undefined;
  /** Resolves when it was looked who owns what; rejects where nobody told in time. */
  refresh(first: HostPort | undefined): Promise<void>;
  /** Resolves when a master has come or gone, at the latest after so long. */
  news(ms: number): Promise<void>;
}

type Master = Pick<ScriptConnection, 'isReady' | 'run'>;

/** How often calls follow their slot from one master to another before they are given up. */
const maxMoves = 3;
/** Longest wait for a master that is about to be there, or for keys on their way, in milliseconds. */
const newsMs = 200;

/**
 * The calls for one slot, sent as they come and done in that order. What a master refused because the slot
 * is elsewhere, or on its way, was surely not done and is sent again; nothing else is. Whatever came
 * meanwhile waits for that.
 */
export class SlotCalls {
  readonly #owners: SlotOwners;
  /** Whoever was given calls last. */
  #master: Master | undefined;
  /** Settles when all calls so far have. */
  #earlier: Promise<void> = Promise.resolve();
  /** Calls that wait for those before them. */
  #waiting = 0;

  constructor(owners: SlotOwners) {
    this.#owners = owners;
  }

  /** Resolves with the answers in order. Never rejects. */
  run(calls: readonly ScriptCall[]): Promise<readonly ScriptAnswer[]> {
    const earlier = this.#earlier;
    const running = this.#run(calls, earlier);
    this.#earlier = Promise.all([earlier, running]).then(() => undefined);
    return running;
  }

  async #run(
    calls: readonly ScriptCall[],
    earlier: Promise<void>,
  ): Promise<readonly ScriptAnswer[]> {
    const isNew = this.#master !== undefined && this.#master !== this.#owners.owner();
    // What an earlier master was given may come back to be sent to the new one.
    if (isNew || this.#waiting > 0) await this.#after(earlier);
    this.#master = this.#owners.owner();
    const answers = await answersOf(this.#master, calls);
    if (!answers.some(isRedirected)) return answers;
    return await this.#after(earlier.then(() => this.#follow(calls, answers)));
  }

  async #after<T>(earlier: Promise<T>): Promise<T> {
    this.#waiting += 1;
    return earlier.finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Sends what was refused to where it was sent on to. Never rejects. */
  async #follow(
    calls: readonly ScriptCall[],
    first: readonly ScriptAnswer[],
  ): Promise<readonly ScriptAnswer[]> {
    let answers = first;
    for (let move = 1; move <= maxMoves; move += 1) {
      const refused = answers.flatMap((answer, place) => (isRedirected(answer) ? [place] : []));
      const [error] = answers[refused[0] ?? -1] ?? [];
      const redirection = error && redirectionOf(error);
      if (!redirection) break;
      const to = redirection.kind === 'later' ? undefined : redirection.to;
      const asking = redirection.kind === 'asked';
      if (redirection.kind === 'later') await this.#owners.news(backoffMs(move, newsMs));
      await this.#owners.refresh(to).catch(() => undefined);
      const master = asking && to !== undefined ? this.#owners.at(to) : this.#owners.owner();
      if (master?.isReady === false) await this.#owners.news(newsMs);
      if (master?.isReady !== true) continue;
      if (!asking) this.#master = master;
      const part = calls.filter((_, place) => refused.includes(place));
      const again = await answersOf(master, part, asking);
      answers = answers.map((answer, place) => again[refused.indexOf(place)] ?? answer);
    }
    return answers;
  }
}

function isRedirected([error]: ScriptAnswer): boolean {
  return error !== null && redirectionOf(error) !== undefined;
}

/** What became of the calls; never rejects. */
async function answersOf(
  master: Master | undefined,
  calls: readonly ScriptCall[],
  asking = false,
): Promise<readonly ScriptAnswer[]> {
  if (master === undefined) {
    const error = directoryUnavailable('no master of the Cluster is known to own the slot');
    return calls.map(() => [error, null]);
  }
  try {
    return await master.run(calls, asking);
  } catch (cause) {
    const error = asDirectoryUnavailable('no answer', cause);
    return calls.map(() => [error, null]);
  }
}
