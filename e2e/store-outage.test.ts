import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeApp } from '../examples/express/src/app.js';
import { catalogue } from '../examples/shared/src/catalogue.js';
import { redisBroker } from '../packages/broker-redis/src/index.js';
import {
  createNotifier,
  NotifyError,
  type Store,
  silentLogger,
} from '../packages/core/src/index.js';
import { mongoStore } from '../packages/store-mongo/src/index.js';
import { postgresStore } from '../packages/store-postgres/src/index.js';
import { redisStore } from '../packages/store-redis/src/index.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { Login } from './harness/login.js';
import { asObject } from './harness/notification.js';
import {
  type PrivateServer,
  privateMongo,
  privatePostgres,
  privateRedis,
} from './harness/private-servers.js';
import type { Accepted } from './harness/publisher.js';

type Mode = 'reject' | 'buffer';

const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 500 };

interface StoreKind {
  readonly server: () => Promise<PrivateServer>;
  readonly storeAt: (url: string) => Store;
  /** Between two notifications of a node: what the server can take. */
  readonly pauseMs: number;
  /** So many tell that they get through, or do not. */
  readonly enough: number;
}

const stores: Readonly<Record<'redis' | 'postgres' | 'mongo', StoreKind>> = {
  redis: {
    server: privateRedis,
    storeAt: (url) => redisStore({ url, ...quick }),
    pauseMs: 5,
    enough: 20,
  },
  postgres: {
    server: privatePostgres,
    storeAt: (url) => postgresStore({ url, ...quick }),
    pauseMs: 10,
    enough: 20,
  },
  mongo: {
    server: privateMongo,
    storeAt: (url) => mongoStore({ url, ...quick, commandTimeoutMs: 3_000 }),
    // FerretDB, where that stands for MongoDB, is slow where others work beside it.
    pauseMs: 500,
    enough: 5,
  },
};

/** A node in this process, with a store apart from the broker, and one user of its own to publish to. */
class TestNode {
  readonly name: string;
  readonly states: string[] = [];
  readonly refusals: NotifyError[] = [];
  readonly accepted = new Map<number, string>();
  readonly undelivered: unknown[] = [];
  base = '';
  #stopped = false;
  #publishing: Promise<void> | undefined;
  readonly #mode: Mode;
  readonly #pauseMs: number;
  readonly #notifier;
  readonly #app;

  constructor(
    name: string,
    mode: Mode,
    { storeAt, pauseMs }: StoreKind,
    storeUrl: string,
    brokerUrl: string,
    secret: Buffer,
  ) {
    this.name = name;
    this.#mode = mode;
    this.#pauseMs = pauseMs;
    this.#notifier = createNotifier({
      catalogue,
      nodeId: name,
      whenStoreDown: mode,
      positionCheckMs: 1_000,
      store: storeAt(storeUrl),
      broker: redisBroker({ url: brokerUrl }),
    });
    this.#notifier.on('store', ({ state }) => this.states.push(state));
    this.#notifier.on('undelivered', (each) => this.undelivered.push(each));
    this.#app = makeApp({ notifier: this.#notifier, jwtSecret: secret, logger: silentLogger });
  }

  async start(): Promise<void> {
    this.base = `http://127.0.0.1:${await this.#app.listen(0)}`;
  }

  get health() {
    return this.#notifier.health();
  }

  /** Numbers, one after the other; in `reject` mode each until it is accepted. */
  publish(user: string): void {
    const one = async (n: number): Promise<void> => {
      const request = {
        to: { user },
        type: 'message',
        data: { text: String(n) },
        ...(this.#mode === 'reject' ? { idempotencyKey: `${user}-${n}` } : {}),
      } as const;
      for (;;) {
        try {
          const { id } = await this.#notifier.notify(request);
          this.accepted.set(n, id);
          return;
        } catch (error) {
          if (!NotifyError.is(error) || !error.retryable) throw error;
          this.refusals.push(error);
          await delay(20);
        }
      }
    };
    const all = async (): Promise<void> => {
      for (let n = 0; !this.#stopped; n += 1) {
        await one(n);
        await delay(this.#pauseMs);
      }
    };
    this.#publishing = all();
  }

  async stopPublishing(): Promise<void> {
    this.#stopped = true;
    await this.#publishing;
  }

  async close(): Promise<void> {
    await this.stopPublishing();
    await this.#app.close();
  }
}

describe.each([
  ['redis', 'reject', 'SIGKILL', 0],
  ['redis', 'reject', 'SIGSTOP', 0],
  ['redis', 'buffer', 'SIGKILL', 0],
  ['redis', 'buffer', 'SIGSTOP', 0],
  ['postgres', 'reject', 'SIGKILL', 0],
  ['postgres', 'buffer', 'SIGSTOP', 20_000],
  ['mongo', 'reject', 'SIGSTOP', 0],
  ['mongo', 'buffer', 'SIGKILL', 20_000],
] as const)(
  'a store that is down: %s, whenStoreDown: %s, %s, for %i ms at least',
  (kind, mode, signal, outageMs) => {
    let servers: readonly PrivateServer[];
    let nodes: readonly TestNode[];
    let logins: readonly Login[];

    beforeEach(async () => {
      servers = await Promise.all([stores[kind].server(), privateRedis()]);
      const [storeUrl = '', brokerUrl = ''] = servers.map(({ url }) => url);
      const secret = Buffer.from(randomUUID());
      nodes = ['A', 'B'].map(
        (name) => new TestNode(name, mode, stores[kind], storeUrl, brokerUrl, secret),
      );
      for (const node of nodes) await node.start();
      logins = await Promise.all(nodes.map((node) => Login.at(node, { user: `of-${node.name}` })));
      for (const login of logins) await login.connect(nodes);
    });

    afterEach(async () => {
      for (const login of logins) login.leave();
      await servers[0]?.goOn().catch(() => undefined);
      for (const node of nodes) await node.close();
      for (const each of servers) await each.stop();
    });

    it('G5 G6 what was accepted is shown once, in order, on both nodes and transports', async () => {
      const store = servers[0];
      if (store === undefined) throw new Error('no store');
      for (const node of nodes) node.publish(`of-${node.name}`);
      const more = (what: string, count: (node: TestNode) => number) => {
        const wanted = nodes.map((node) => count(node) + stores[kind].enough);
        return eventually(what, () => nodes.every((node, i) => count(node) >= (wanted[i] ?? 0)));
      };
      await more('published before the outage', ({ accepted }) => accepted.size);
      const outage = delay(outageMs);
      await (signal === 'SIGKILL' ? store.kill9() : store.standStill());
      await eventually('both nodes say so', () =>
        nodes.every(({ states }) => states.join() === 'down'),
      );
      if (mode === 'reject') await more('refused at once', ({ refusals }) => refusals.length);
      else await more('buffered', ({ accepted }) => accepted.size);
      for (const node of nodes) {
        const { status, reasons } = await node.health;
        expect(status).toBe('degraded');
        const waiting = expect.stringMatching(/^store: \d+ notifications wait to be stored$/);
        if (mode === 'buffer') expect(reasons).toContainEqual(waiting);
        for (const { code } of node.refusals) expect(code).toBe('STORE_UNAVAILABLE');
      }
      await outage;
      await (signal === 'SIGKILL' ? store.restart() : store.goOn());
      await eventually('both nodes are up', () =>
        nodes.every(({ states }) => states.join() === 'down,up'),
      );
      await more('published after the outage', ({ accepted }) => accepted.size);
      for (const node of nodes) await node.stopPublishing();

      for (const [i, login] of logins.entries()) {
        const node = nodes[i];
        if (node === undefined) throw new Error('no node');
        const channel = `user:of-${node.name}`;
        const accepted = [...node.accepted].map(
          ([n, id], at): Accepted => ({
            ...{ channel, id, offset: at + 1, type: 'message', data: { text: String(n) } },
          }),
        );
        await expectDelivery(accepted, login.followers, []);
        for (const { name, log } of login.readers) {
          const texts = log.on(channel).map(({ data }) => Number(asObject(data, 'data').text));
          expect(texts, name).toEqual([...node.accepted.keys()]);
          const isShownEarly = mode === 'buffer' && name.includes('WebSocket');
          if (isShownEarly) expect(log.placedLater, name).toBeGreaterThan(10);
          else expect(log.placedLater, name).toBe(0);
        }
        expect(node.undelivered).toEqual([]);
        expect((await node.health).reasons).toEqual([]);
      }
    });
  },
);
