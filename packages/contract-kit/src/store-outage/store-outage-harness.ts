import type { Logger, Store } from '@realtime-notify/core';
import { onTestFinished } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { StoreOutageClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import { type TcpProxy, tcpProxy } from '../tcp-proxy.js';

/** A server on 127.0.0.1 that a test may kill, hold up and start again. */
export interface OutageServer {
  /** Any URL with its port. */
  readonly url: string;
  /** SIGKILL: resolves when all of it has ended. SIGSTOP, SIGCONT: at once. */
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on its port and data; resolves when it takes writes. */
  restart(): Promise<void>;
}

/** Options that the suite needs to set; the adapter passes them on under its own names. */
export interface StoreOutageTuning {
  readonly startTimeoutMs?: number;
  readonly maxReconnectDelayMs?: number;
  readonly logger?: Logger;
}

/** What an adapter hands to {@link storeOutageContract}. */
export interface StoreOutageContract {
  /** Shown in the report, e.g. `store-redis`. */
  readonly name: string;
  /** Starts a server of the test's own whose accepted writes outlive SIGKILL; gone when the test has finished. */
  launch(): Promise<OutageServer>;
  /**
   * Makes a store, not started, of whatever listens at that port of 127.0.0.1, whose calls give up
   * after a few seconds and which soon tries again where `tuning` says nothing else.
   */
  create(port: number, tuning?: StoreOutageTuning): Store;
  /** What the log says when the link comes and when it goes. */
  readonly linkLines: { readonly up: string; readonly down: string };
  /** What a test under traffic appends. Default 300. For servers that are slow. */
  readonly appends?: number;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** Makes servers and stores, each for one test. */
export class StoreOutageBench {
  readonly appends: number;
  readonly linkLines: StoreOutageContract['linkLines'];
  readonly #contract: StoreOutageContract;

  constructor(contract: StoreOutageContract) {
    this.#contract = contract;
    this.appends = contract.appends ?? 300;
    this.linkLines = contract.linkLines;
  }

  /** A server, and where it listens. */
  async server(): Promise<{ readonly server: OutageServer; readonly port: number }> {
    const server = await this.#contract.launch();
    return { server, port: Number(new URL(server.url).port) };
  }

  /** A proxy before a server, which loses nothing but connections. */
  async proxy(): Promise<TcpProxy> {
    return tcpProxy((await this.server()).port);
  }

  /** A store that is not started, closed after the test. */
  store(port: number, tuning?: StoreOutageTuning): Store {
    const store = this.#contract.create(port, tuning);
    onTestFinished(() => store.close());
    return store;
  }

  async started(port: number, tuning?: StoreOutageTuning): Promise<Store> {
    const store = this.store(port, tuning);
    await store.start();
    return store;
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }
}

/** What each theme of the suite is given. */
export interface StoreOutageTheme {
  readonly book: ClauseBook<StoreOutageClauseId>;
  readonly bench: StoreOutageBench;
}

/** How every call fails while its server is away. */
export const unavailable = { code: 'STORE_UNAVAILABLE' };
