import { setTimeout as delay } from 'node:timers/promises';
import { type LoggedDraft, NotifyError, type WriteBackLog, withinMs } from '@realtime-notify/core';
import { afterEach } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { WriteBackClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import { sampleDraft } from '../samples.js';
import { Ledger } from './ledger.js';

/** One log, as several nodes see it. */
export interface NodesOfLog {
  /** A node's own instance, not started; a new one on each call. */
  createNode(): WriteBackLog;
}

/** A log that can be taken away from all of its nodes, and given back. */
export interface FragileLog extends NodesOfLog {
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

/** What an adapter hands to {@link writeBackContract}. */
export interface WriteBackContract {
  /** Shown in the report, e.g. `broker-kafka`. */
  readonly name: string;
  /** Whether drafts leave this process: then the log can be away. */
  readonly remote: boolean;
  /**
   * Makes a log that is empty and of which nobody else knows, once for each test. Reject with a sentence that
   * tells what to start where a service is missing.
   */
  createLog(): NodesOfLog | Promise<NodesOfLog>;
  /** Mandatory where `remote`. */
  createFragile?(): Promise<FragileLog>;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** A log with what stands for the store. */
export interface BenchLog {
  readonly ledger: Ledger;
  /** A started node that replays into the ledger. */
  node(name?: string): Promise<WriteBackLog>;
  /** A started node that does not replay. */
  appender(): Promise<WriteBackLog>;
  /** Nobody has started it. */
  unstarted(): WriteBackLog;
}

/** Makes logs with their nodes for one suite, and closes these after each test. */
export class WriteBackBench {
  readonly remote: boolean;
  readonly #contract: WriteBackContract;
  readonly #nodes: WriteBackLog[] = [];

  constructor(contract: WriteBackContract) {
    this.#contract = contract;
    this.remote = contract.remote;
    if (this.remote && contract.createFragile === undefined) {
      throw new Error(`${contract.name}: a remote log must say how it is put away`);
    }
    afterEach(async () => {
      await Promise.all(this.#nodes.splice(0).map((node) => node.close()));
    });
  }

  async log(): Promise<BenchLog> {
    return this.#over(await this.#contract.createLog());
  }

  async fragile(): Promise<BenchLog & Pick<FragileLog, 'goAway' | 'comeBack'>> {
    if (this.#contract.createFragile === undefined) throw new Error('the log cannot be away');
    const log = await this.#contract.createFragile();
    const { goAway, comeBack } = log;
    return { ...this.#over(log), goAway, comeBack };
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }

  /** Settles as the call; rejects when patience ends first. */
  settled<T>(call: Promise<T>): Promise<T> {
    const { patienceMs = 30_000 } = this.#contract;
    return withinMs(call, patienceMs, () => new Error('the call does not settle'));
  }

  /** Asks until the log can tell, as the notifier does: it may not, just after it was made. */
  async replayed(node: WriteBackLog): Promise<void> {
    for (;;) {
      try {
        return await this.settled(node.replayed());
      } catch (error) {
        if (!NotifyError.is(error) || error.code !== 'BROKER_UNAVAILABLE') throw error;
        await delay(10);
      }
    }
  }

  #over(log: NodesOfLog): BenchLog {
    const ledger = new Ledger();
    const unstarted = (): WriteBackLog => {
      const node = log.createNode();
      this.#nodes.push(node);
      return node;
    };
    return {
      ledger,
      unstarted,
      node: async (name = 'node') => {
        const node = unstarted();
        await node.start(ledger.replayOf(name));
        return node;
      },
      appender: async () => {
        const node = unstarted();
        await node.start(undefined);
        return node;
      },
    };
  }
}

/** What each theme of the suite is given. */
export interface WriteBackTheme {
  readonly book: ClauseBook<WriteBackClauseId>;
  readonly bench: WriteBackBench;
}

/** A draft as the notifier logs it. */
export function loggedDraft(channel: string, fields: Partial<LoggedDraft> = {}): LoggedDraft {
  const { id, type, time, dataJson } = sampleDraft(channel);
  return { channel, id, type, time, dataJson, idempotency: { key: id, digest: 'd' }, ...fields };
}

/** `count` of one channel. */
export function loggedDrafts(channel: string, count: number): readonly LoggedDraft[] {
  return Array.from({ length: count }, () => loggedDraft(channel));
}

export function idsOf(drafts: readonly LoggedDraft[]): readonly string[] {
  return drafts.map(({ id }) => id);
}

/** A call and whether it has settled. */
export function watched<T>(call: Promise<T>): { readonly call: Promise<T>; isSettled: boolean } {
  const watching = { call, isSettled: false };
  const settled = (): void => {
    watching.isSettled = true;
  };
  call.then(settled, settled);
  return watching;
}

/** A door that calls wait at. */
export function door(): { readonly passed: Promise<void>; open(): void; fail(error: Error): void } {
  let open: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open, fail };
}
