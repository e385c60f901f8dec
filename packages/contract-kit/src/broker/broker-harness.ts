import { randomUUID } from 'node:crypto';
import type { Broker, BrokerCapabilities, BrokerStartOptions, Logger } from '@realtime-notify/core';
import { afterEach, expect } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { BrokerClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import { OutOfBand } from '../out-of-band.js';
import { RecordingSink } from '../recording-sink.js';

/** What a suite passes on to every broker that it has made. */
export interface BrokerNodeOptions {
  /** For the clauses about log lines. */
  readonly logger: Logger;
}

/** What only a broker with a link can be put through. Mandatory where `capabilities.remote`. */
export interface RemoteBroker {
  /**
   * Breaks the links of the running nodes, at the server or on the way, so that they come back by
   * themselves. Resolves when they are broken.
   */
  interrupt(): Promise<void>;
  /** Puts `bytes` where the envelopes of `channel` travel. */
  sendForeign(channel: string, bytes: Buffer): Promise<void>;
  /** A broker, not started, whose server will never answer. */
  createUnreachable(options: BrokerNodeOptions): Broker | Promise<Broker>;
}

/** What an adapter hands to {@link brokerContract}. */
export interface BrokerContract {
  /** Shown in the report, e.g. `broker-redis`. */
  readonly name: string;
  /** What the adapter says of itself; the suite checks that it does. */
  readonly capabilities: BrokerCapabilities;
  /**
   * Makes a broker that is not started; all that are made in one run are nodes of one cluster.
   * Reject with a sentence that tells what to start where a service is missing.
   */
  createNode(options: BrokerNodeOptions): Broker | Promise<Broker>;
  readonly remote?: RemoteBroker;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** A broker and what it handed over. */
export interface TestNode {
  readonly broker: Broker;
  readonly sink: RecordingSink;
  /** The sentences that it logged as warnings or errors. */
  readonly complaints: readonly string[];
}

/** Makes started nodes for one suite and closes them after each test. */
export class BrokerBench {
  readonly capabilities: BrokerCapabilities;
  readonly outOfBand = new OutOfBand();
  readonly #contract: BrokerContract;
  readonly #opened: Broker[] = [];

  constructor(contract: BrokerContract) {
    this.#contract = contract;
    this.capabilities = contract.capabilities;
    if (this.capabilities.remote && contract.remote === undefined) {
      throw new Error(`${contract.name}: a remote broker must be put through 'remote' clauses too`);
    }
    afterEach(() => this.closeAll());
  }

  get remote(): RemoteBroker {
    if (this.#contract.remote === undefined) throw new Error('the broker under test has no link');
    return this.#contract.remote;
  }

  /** A started node that follows `channels`. */
  async node(channels: readonly string[] = [], nodeId?: string): Promise<TestNode> {
    const node = await this.#start(
      (options) => this.#contract.createNode(options),
      nodeId === undefined ? {} : { nodeId },
    );
    if (channels.length > 0) await node.broker.subscribe(channels);
    return node;
  }

  /** A started node that only publishes. */
  publishOnlyNode(): Promise<TestNode> {
    return this.#start((options) => this.#contract.createNode(options), { publishOnly: true });
  }

  /** `count` started nodes that follow `channels`. */
  async nodes(count: number, channels: readonly string[]): Promise<[TestNode, ...TestNode[]]> {
    const first = await this.node(channels);
    const others: TestNode[] = [];
    while (others.length < count - 1) others.push(await this.node(channels));
    return [first, ...others];
  }

  /** A node whose server never answers; `start` resolved. */
  unreachable(startOptions?: BrokerStartOptions): Promise<TestNode> {
    return this.#start((options) => this.remote.createUnreachable(options), startOptions);
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }

  /** How `calls` ended; rejects where one has not ended when patience does. */
  async settled<T>(calls: readonly Promise<T>[]): Promise<readonly PromiseSettledResult<T>[]> {
    let underWay = calls.length;
    const ended = (): void => {
      underWay -= 1;
    };
    for (const call of calls) call.then(ended, ended);
    await this.eventually(() => expect(underWay).toBe(0));
    return Promise.allSettled(calls);
  }

  /**
   * Resolves when a node that was interrupted has come back, in order: down, where the interruption
   * lasted, then it is told to resync, then up.
   */
  async restored({ sink }: TestNode): Promise<void> {
    await this.eventually(() => expect(sink.calls).toContain('resync'));
    await this.eventually(() => expect(sink.states.at(-1)).toEqual({ state: 'up' }));
    expect(sink.calls.join(' ')).toMatch(/^up( resync)*( down( resync)+ up( resync)*)*$/);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((broker) => broker.close()));
  }

  async #start(
    create: (options: BrokerNodeOptions) => Broker | Promise<Broker>,
    startOptions?: BrokerStartOptions,
  ): Promise<TestNode> {
    const complaints: string[] = [];
    const complain = (_facts: object, message: string): void => {
      complaints.push(message);
    };
    const logger = { debug: () => {}, info: () => {}, warn: complain, error: complain };
    const broker = await create({ logger });
    this.#opened.push(broker);
    const sink = new RecordingSink();
    await broker.start(sink, { nodeId: randomUUID(), ...startOptions });
    return { broker, sink, complaints };
  }
}

/** What each theme of the suite is given. */
export interface BrokerTheme {
  readonly book: ClauseBook<BrokerClauseId>;
  readonly bench: BrokerBench;
}
