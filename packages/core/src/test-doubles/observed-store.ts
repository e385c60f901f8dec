import { NotifyError } from '../errors/notify-error.js';
import type { DueWork } from '../ports/due-work.js';
import type {
  AppendOutcome,
  ChannelState,
  Draft,
  LogPage,
  ReadRequest,
  Store,
} from '../ports/store.js';
import type { Position } from '../positions/position.js';

type Method = Exclude<keyof Store, 'shared' | 'outbox' | 'dueWork'>;

/** A store that remembers what it was asked, and can be made to wait or fail. */
export class ObservedStore implements Store {
  readonly shared: boolean;
  readonly appends: (readonly Draft[])[] = [];
  readonly reads: (readonly ReadRequest[])[] = [];
  readonly positionCalls: (readonly string[])[] = [];
  readonly renewals: string[] = [];
  /** Run before the call goes on: a rejection fails the call. */
  readonly before = new Map<Method, () => Promise<void>>();
  /** Run after the call was answered, before the caller gets the answer. */
  readonly after = new Map<Method, () => Promise<void>>();
  readonly #inner: Store;

  constructor(inner: Store, shared: boolean = inner.shared) {
    this.#inner = inner;
    this.shared = shared;
  }

  /** Makes calls fail as a store does that cannot be reached. */
  fail(...methods: readonly Method[]): void {
    for (const method of methods) {
      this.before.set(method, async () => {
        throw new NotifyError('STORE_UNAVAILABLE', `no ${method} today`);
      });
    }
  }

  recover(): void {
    this.before.clear();
  }

  get dueWork(): DueWork | undefined {
    return this.#inner.dueWork;
  }

  start(): Promise<void> {
    return this.#run('start', () => this.#inner.start());
  }

  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    this.appends.push(drafts);
    return this.#run('append', () => this.#inner.append(drafts));
  }

  readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    this.reads.push(requests);
    return this.#run('readAfter', () => this.#inner.readAfter(requests));
  }

  positions(channels: readonly string[]): Promise<readonly Position[]> {
    this.positionCalls.push(channels);
    return this.#run('positions', () => this.#inner.positions(channels));
  }

  states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    return this.#run('states', () => this.#inner.states(channels));
  }

  renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    this.renewals.push(channel);
    return this.#run('renewEpoch', () => this.#inner.renewEpoch(channel, expectedEpoch));
  }

  drain(): Promise<void> {
    return this.#run('drain', () => this.#inner.drain());
  }

  close(): Promise<void> {
    return this.#run('close', () => this.#inner.close());
  }

  async #run<Result>(method: Method, call: () => Promise<Result>): Promise<Result> {
    await this.before.get(method)?.();
    const result = await call();
    await this.after.get(method)?.();
    return result;
  }
}
