import { setTimeout as delay } from 'node:timers/promises';
import { type Accepted, type NotifyBody, notifyUntilAccepted } from './publisher.js';

export interface TrafficOptions {
  /** Nodes to publish at, in turn. */
  readonly nodes: readonly { readonly base: string }[];
  readonly publishers: number;
  /** What is published as number `n`; undefined ends the traffic. */
  readonly nth: (n: number) => Omit<NotifyBody, 'idempotencyKey'> | undefined;
  /** Between two publishes of one publisher; the pace of the traffic. Default: none. */
  readonly pauseMs?: number;
  /** All publishers together; what could not be kept up with is caught up on. Default: no pace. */
  readonly perSecond?: number;
}

/** Publishers at work, each of which tries again until its notification is accepted. */
export class Traffic {
  readonly accepted: Accepted[] = [];
  readonly #workers: Promise<void>;
  #next = 0;
  #stopping = false;

  constructor(options: TrafficOptions) {
    const key = crypto.randomUUID();
    const startedAt = Date.now();
    const work = async (first: number): Promise<void> => {
      for (let turn = first; !this.#stopping; turn += 1) {
        const n = this.#next;
        this.#next += 1;
        const body = options.nth(n);
        if (body === undefined) return;
        if (options.perSecond !== undefined) {
          await delay(Math.max(0, startedAt + (n * 1_000) / options.perSecond - Date.now()));
        }
        const bases = rotated(options.nodes, turn).map(({ base }) => base);
        const request = { ...body, idempotencyKey: `${key}-${n}` };
        this.accepted.push(...(await notifyUntilAccepted(bases, request)));
        if (options.pauseMs !== undefined) await delay(options.pauseMs);
      }
    };
    const workers = Array.from({ length: options.publishers }, (_, index) => work(index));
    this.#workers = Promise.all(workers).then(() => undefined);
    // Whoever awaits the end hears of it; until then it must not count as unhandled.
    this.#workers.catch(() => undefined);
  }

  /** Resolves with everything accepted once `nth` has ended the traffic. */
  async finished(): Promise<readonly Accepted[]> {
    await this.#workers;
    return this.accepted;
  }

  /** Lets what is under way be accepted, then ends. */
  async stop(): Promise<readonly Accepted[]> {
    this.#stopping = true;
    return this.finished();
  }
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
