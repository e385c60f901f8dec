import { asUnavailable, unavailable } from './driver-errors.js';

/** What the interest is told to; each call is one command with at most {@link maxTopicsPerCommand}. */
export interface SubscriptionWire {
  subscribe(topics: readonly string[]): Promise<void>;
  unsubscribe(topics: readonly string[]): Promise<void>;
}

/** Redis serves nobody else while it works on a command; so none is large. */
export const maxTopicsPerCommand = 500;

interface Waiter {
  readonly topics: readonly string[];
  settle(failed: ReadonlyMap<string, Error>): void;
}

/**
 * Brings what Redis acknowledged into line with what is wanted, in one loop: requests of one tick
 * share commands, one command is under way at a time, and what was asked meanwhile comes next. So
 * a subscribe that meets its own unsubscribe under way ends up subscribed.
 */
export class Interest {
  readonly #wire: SubscriptionWire;
  readonly #wanted: Set<string>;
  readonly #acknowledged = new Set<string>();
  /** Wanted, but refused on this connection. */
  readonly #refused = new Map<string, Error>();
  #touched = new Set<string>();
  #waiters: Waiter[] = [];
  #running = false;
  /** Counts the connections: an answer from an earlier one says nothing about this one. */
  #connection = 0;

  /** @param wanted - as if it had been asked for before; subscribed by `restore` */
  constructor(wire: SubscriptionWire, wanted: Iterable<string> = []) {
    this.#wire = wire;
    this.#wanted = new Set(wanted);
  }

  get wanted(): ReadonlySet<string> {
    return this.#wanted;
  }

  /** Resolves when all are acknowledged; rejects if not, but they stay wanted. */
  want(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#wanted.add(topic);
    return this.#request(topics);
  }

  /** Resolves when none is subscribed any more; with the connection down none is. */
  unwant(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      this.#wanted.delete(topic);
      this.#refused.delete(topic);
    }
    return this.#request(topics);
  }

  /** Subscribes whatever is wanted and not acknowledged. */
  restore(): Promise<void> {
    return this.#request([...this.#wanted].filter((topic) => !this.#acknowledged.has(topic)));
  }

  /** Why something wanted was refused on this connection and is not subscribed; undefined if nothing was. */
  get failure(): Error | undefined {
    const [first] = this.#refused.values();
    return first;
  }

  /** The connection is gone, and its subscriptions with it. */
  connectionLost(): void {
    this.#connection += 1;
    this.#acknowledged.clear();
    this.#refused.clear();
  }

  #request(topics: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      for (const topic of topics) this.#touched.add(topic);
      const settle: Waiter['settle'] = (failed) => {
        const [first] = topics.filter((topic) => failed.has(topic));
        if (first === undefined) resolve();
        else reject(failed.get(first));
      };
      this.#waiters.push({ topics, settle });
      if (this.#running) return;
      this.#running = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      const [topics, waiters] = [this.#touched, this.#waiters];
      this.#touched = new Set();
      this.#waiters = [];
      const failed = await this.#reconcile(topics);
      for (const waiter of waiters) waiter.settle(failed);
    }
    this.#running = false;
  }

  /** Never rejects: says which topics are not as they were wanted, and why. */
  async #reconcile(topics: ReadonlySet<string>): Promise<ReadonlyMap<string, Error>> {
    const failed = new Map<string, Error>();
    const stands = (topic: string): boolean => this.#acknowledged.has(topic);
    const wanted = [...topics].filter((topic) => this.#wanted.has(topic));
    const unwanted = [...topics].filter((topic) => !this.#wanted.has(topic));
    for (const chunk of chunks(wanted.filter((topic) => !stands(topic)))) {
      await this.#tell('subscribe', chunk, failed);
    }
    for (const chunk of chunks(unwanted.filter(stands))) {
      await this.#tell('unsubscribe', chunk, failed);
    }
    return failed;
  }

  async #tell(
    command: 'subscribe' | 'unsubscribe',
    topics: readonly string[],
    failed: Map<string, Error>,
  ): Promise<void> {
    const connection = this.#connection;
    let failure: Error | undefined;
    try {
      await this.#wire[command](topics);
    } catch (error) {
      failure = asUnavailable(`${command} failed`, error);
    }
    const sameConnection = connection === this.#connection;
    if (command === 'unsubscribe') {
      for (const topic of sameConnection ? topics : []) {
        if (failure === undefined) this.#acknowledged.delete(topic);
        else failed.set(topic, failure);
      }
      return;
    }
    if (!sameConnection) failure ??= unavailable('the link to Redis was lost');
    for (const topic of topics) {
      if (failure === undefined) this.#acknowledge(topic);
      else failed.set(topic, failure);
      if (failure !== undefined && sameConnection && this.#wanted.has(topic)) {
        this.#refused.set(topic, failure);
      }
    }
  }

  #acknowledge(topic: string): void {
    this.#acknowledged.add(topic);
    this.#refused.delete(topic);
  }
}

function* chunks(topics: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < topics.length; from += maxTopicsPerCommand) {
    yield topics.slice(from, from + maxTopicsPerCommand);
  }
}
