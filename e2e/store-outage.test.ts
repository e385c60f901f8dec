import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeApp } from '../examples/express/src/app.js';
import { catalogue } from '../examples/shared/src/catalogue.js';
import { redisBroker } from '../packages/broker-redis/src/index.js';
import { createNotifier, NotifyError, silentLogger } from '../packages/core/src/index.js';
import { redisStore } from '../packages/store-redis/src/index.js';
import { launchRedis, type RedisInstance } from '../scripts/services/redis.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { Login } from './harness/login.js';
import { asObject } from './harness/notification.js';
import type { Accepted } from './harness/publisher.js';

type Mode = 'reject' | 'buffer';

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
  readonly #notifier;
  readonly #app;

  constructor(name: string, mode: Mode, storeUrl: string, brokerUrl: string, secret: Buffer) {
    this.name = name;
    this.#mode = mode;
    const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 200 };
    this.#notifier = createNotifier({
      catalogue,
      nodeId: name,
      whenStoreDown: mode,
      positionCheckMs: 1_000,
      store: redisStore({ url: storeUrl, ...quick }),
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
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    const all = async (): Promise<void> => {
      for (let n = 0; !this.#stopped; n += 1) {
        await one(n);
        await new Promise((resolve) => setTimeout(resolve, 5));
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
  ['reject', 'SIGKILL'],
  ['reject', 'SIGSTOP'],
  ['buffer', 'SIGKILL'],
  ['buffer', 'SIGSTOP'],
] as const)('a store that is down, whenStoreDown: %s, %s', (mode, signal) => {
  let dir: string;
  let redis: readonly RedisInstance[];
  let nodes: readonly TestNode[];
  let logins: readonly Login[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'realtime-notify-outage-'));
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
    redis = await Promise.all([
      launchRedis({ dir, args: durable }),
      launchRedis({ dir, args: ['--logfile', ''] }),
    ]);
    const [storeUrl = '', brokerUrl = ''] = redis.map(({ url }) => url);
    const secret = Buffer.from(randomUUID());
    nodes = ['A', 'B'].map((name) => new TestNode(name, mode, storeUrl, brokerUrl, secret));
    for (const node of nodes) await node.start();
    logins = await Promise.all(nodes.map((node) => Login.at(node, { user: `of-${node.name}` })));
    for (const login of logins) await login.connect(nodes);
  });

  afterEach(async () => {
    for (const login of logins) login.leave();
    await redis[0]?.kill('SIGCONT').catch(() => undefined);
    for (const node of nodes) await node.close();
    for (const each of redis) await each.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('G5 G6 what was accepted is shown once, in order, on both nodes and transports', async () => {
    const store = redis[0];
    if (store === undefined) throw new Error('no Redis');
    for (const node of nodes) node.publish(`of-${node.name}`);
    const more = (what: string, count: (node: TestNode) => number, by = 20) => {
      const from = nodes.map(count);
      return eventually(what, () => nodes.every((node, i) => count(node) >= (from[i] ?? 0) + by));
    };
    await more('published before the outage', ({ accepted }) => accepted.size);
    await store.kill(signal);
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
    if (signal === 'SIGKILL') await store.restart();
    else await store.kill('SIGCONT');
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
});
