import type { LogPage } from '@realtime-notify/core';
import type { TestClient } from '../../src/client/test-client.js';
import type { Deployment } from './deployment.js';
import { channelOf, channels, type History, type Step } from './history.js';
import { ClientJudge } from './judge-client.js';
import { judgeLogs } from './judge-logs.js';
import { Ledger } from './ledger.js';
import { Publishers } from './publishers.js';
import { traceOf } from './trace.js';
import { Violation, violated } from './violation.js';

/** Plays a history on a deployment and judges what came of it. Rejects with a `Violation`. */
export async function runHistory(history: History, deployment: Deployment): Promise<void> {
  const run = new Run(history, deployment);
  try {
    for (const step of history.steps) await run.do(step);
    await run.finish();
  } catch (error) {
    throw new Violation(`${String(error)}\n${await run.trace()}`, { cause: error });
  }
}

/** Between two attempts of a client to come back. */
const reconnectMs = 200;

class Run {
  readonly #deployment: Deployment;
  readonly #ledger = new Ledger();
  readonly #publishers: Publishers;
  readonly #clients: readonly TestClient[];
  /** Nodes that know that they were cut off. */
  readonly #cutOff = new Set<number>();
  #storeIsWell = true;

  constructor(history: History, deployment: Deployment) {
    this.#deployment = deployment;
    this.#publishers = new Publishers(deployment, this.#ledger);
    this.#clients = history.clients.map((request) =>
      deployment.client({ ...request, node: this.#node(request.node ?? 0) }),
    );
    for (const client of this.#clients) this.#connect(client, client.node);
  }

  async do(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        await this.#deployment.advance(step.ms);
        break;
      case 'publish':
        for (let time = 0; time < step.times; time += 1) {
          this.#publishers.send(step.node, step.to);
        }
        break;
      case 'publishKeyed':
        this.#publishers.sendKeyed(step.node, step.key);
        break;
      case 'publishConflict':
        this.#publishers.sendKeyed(step.node, step.key, 'another content');
        break;
      case 'publishEphemeral':
        this.#publishers.sendEphemeral(step.node, step.to);
        break;
      case 'disconnect':
      case 'cut':
      case 'pause':
      case 'resume':
        this.#client(step.client)[step.do]();
        break;
      case 'slow':
        this.#client(step.client).slow(step.everyMs);
        break;
      case 'reconnect':
        this.#connect(this.#client(step.client), this.#node(step.node));
        break;
      default:
        await this.#hurt(step);
    }
  }

  /** Everything is well again: what was promised must come true. */
  async finish(): Promise<void> {
    const { nodes } = this.#deployment;
    await this.#deployment.heal();
    for (let node = 0; node < nodes; node += 1) await this.#bringUp(node);
    for (const client of this.#clients) client.resume();
    // A cut may still wait for the last write: who is gone after all comes back once more.
    for (let again = 0; again < 3 && (again === 0 || !this.#allConnected); again += 1) {
      await this.#reconnectAll();
      await this.#deployment.mend();
    }
    if (this.#publishers.underWay > 0) violated('a publisher has had no answer');
    const logs = await this.#logs();
    judgeLogs(this.#ledger, logs);
    this.#clients.forEach((client, number) => {
      new ClientJudge(client, number, this.#ledger).judge(logs);
    });
  }

  /** A start that began while the store was away may still fail. */
  async #bringUp(node: number): Promise<void> {
    for (let attempt = 0; attempt < 3 && !this.#deployment.isUp(node); attempt += 1) {
      await this.#deployment.restart(node).catch(() => {});
    }
  }

  get #allConnected(): boolean {
    return this.#clients.every(({ connected }) => connected);
  }

  /** Until all clients have a stream and all publishers their answer. */
  async #reconnectAll(): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      if (this.#allConnected && this.#publishers.underWay === 0) return;
      for (const client of this.#clients) {
        if (client.ending !== undefined) this.#connect(client, this.#node(client.node + turn));
      }
      await this.#deployment.advance(reconnectMs);
    }
  }

  async #hurt(step: Step): Promise<void> {
    switch (step.do) {
      case 'crash':
        void this.#deployment.crash(this.#node(step.node));
        return;
      case 'restart':
        if (this.#deployment.isUp(this.#node(step.node))) return;
        this.#deployment.restart(this.#node(step.node)).catch(() => {});
        return;
      case 'loseEverything':
        await this.#forget(step, channels, (items) => items.length);
        return;
      case 'loseTail':
      case 'trim':
        await this.#forget(step, [channelOf(step.channel)], () => step.count);
        return;
      case 'brokerUp':
        await this.#brokerUp(step);
        return;
      case 'brokerDown':
        for (let node = 0; node < this.#deployment.nodes; node += 1) this.#cutOff.add(node);
        break;
      case 'partition':
        if (step.noticedAfterMs === 0) this.#cutOff.add(this.#node(step.node));
        break;
      case 'storeFails':
      case 'storeSlow':
        this.#storeIsWell = false;
        break;
    }
    await this.#deployment.hurt(step);
  }

  /** The store forgets something: what, and that it did, goes into the ledger. */
  async #forget(
    step: Step,
    forgetful: readonly string[],
    countOf: (items: LogPage['items']) => number,
  ): Promise<void> {
    const before = new Map<string, LogPage>();
    let forgot = false;
    await this.#deployment.undisturbed(async () => {
      for (const channel of forgetful) before.set(channel, await this.#deployment.log(channel));
      forgot = await this.#deployment.hurt(step);
    });
    if (!forgot) return;
    const seenBy = this.#clients.map(({ events }) => events.length);
    for (const [channel, { items, logStart }] of before) {
      const count = Math.min(countOf(items), items.length);
      if (count === 0 && step.do !== 'loseEverything') continue;
      const isTrim = step.do === 'trim';
      const gone = isTrim ? items.slice(0, count) : items.slice(items.length - count);
      const what = isTrim ? { logStart: logStart + count } : 'lost';
      this.#ledger.forget(channel, gone);
      this.#ledger.disturbances.push({ channel, what, seenBy });
    }
  }

  /** Nodes that knew that they were cut off are level before the next position check would make them so. */
  async #brokerUp(step: Step): Promise<void> {
    const cutOff = new Set(this.#cutOff);
    this.#cutOff.clear();
    const heads = await this.#logs();
    const connected = this.#clients.filter(
      ({ connected, node, pace }) => connected && cutOff.has(node) && pace === 'all',
    );
    await this.#deployment.hurt(step);
    const { resyncMs } = this.#deployment;
    if (!this.#storeIsWell || connected.length === 0 || resyncMs === undefined) return;
    await this.#deployment.advance(resyncMs);
    for (const { connected: stillConnected, positions, pace } of connected) {
      if (!stillConnected || pace !== 'all') continue;
      for (const [channel, { offset }] of positions) {
        // A loss may be noticed later, and then by one node after the other.
        if (this.#ledger.wasLost(channel)) continue;
        if (offset < (heads.get(channel)?.head.offset ?? 0)) {
          violated(`a client is not level in ${channel} after the broker came back`);
        }
      }
    }
  }

  async trace(): Promise<string> {
    return traceOf(this.#clients, await this.#logs());
  }

  async #logs(): Promise<ReadonlyMap<string, LogPage>> {
    const logs = new Map<string, LogPage>();
    for (const channel of channels) logs.set(channel, await this.#deployment.log(channel));
    return logs;
  }

  #connect(client: TestClient, node: number): void {
    // A refusal is among the client's events.
    client.reconnect({ node }).catch(() => {});
  }

  #node(number: number): number {
    return number % this.#deployment.nodes;
  }

  #client(number: number): TestClient {
    const client = this.#clients[number % this.#clients.length];
    if (client === undefined) throw new RangeError('a history has clients');
    return client;
  }
}
