import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { Login, refusedComingBack, revoke } from './harness/login.js';
import type { NodeProcess } from './harness/node-process.js';
import { asObject } from './harness/notification.js';
import { type PrivateServer, privateRedis } from './harness/private-servers.js';
import { type Accepted, notify } from './harness/publisher.js';
import { startNodes } from './harness/two-nodes.js';

const done = { status: 200, body: { revoked: true } };
/** Short enough to wait for three of them, long enough that a busy machine keeps to them. */
const beaconMs = 500;

describe('nodes that cannot hear, Redis as broker and as store apart', () => {
  let store: PrivateServer;
  let broker: PrivateServer;
  let cluster: Awaited<ReturnType<typeof startNodes>>;
  let a: NodeProcess;
  let b: NodeProcess;
  let victim: Login;
  let other: Login;
  let accepted: Accepted[];

  const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
    [store, broker] = await Promise.all([privateRedis(), privateRedis()]);
    cluster = await startNodes(
      ['node-a', 'node-b'],
      { BROKER: 'redis', STORE: 'redis', REDIS_URL: store.url },
      {
        file: fileURLToPath(new URL('./harness/short-lease-node.ts', import.meta.url)),
        env: {
          BROKER_URL: broker.url,
          BEACON_MS: String(beaconMs),
          REVOKE_WAIT_MS: '20000',
          // What is found here is found by other ways.
          POSITION_CHECK_MS: '3600000',
          ...env,
        },
      },
    );
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were started');
    [a, b] = [first, second];
    const run = randomUUID().slice(0, 8);
    victim = await Login.at(a, { user: `${run}-victim`, groups: ['g'] });
    other = await Login.at(a, { user: `${run}-other`, groups: ['g'] });
    await Promise.all([victim.connect([a, b]), other.connect([a, b])]);
    accepted = [];
    await publish(a, 'before');
  };

  beforeEach(() => {
    accepted = [];
  });

  afterEach(async () => {
    victim?.leave();
    other?.leave();
    await cluster?.stop();
    await Promise.all([store?.stop(), broker?.stop()]);
  });

  /** To the victim, to the group of both, to all. */
  const publish = async (node: NodeProcess, text: string): Promise<void> => {
    for (const to of [{ user: victim.user }, { group: 'g' }, { all: true }] as const) {
      accepted.push(...(await notify(node.base, { to, type: 'message', data: { text } })));
    }
  };
  const toOthers = () => accepted.filter(({ channel }) => other.channels.includes(channel));
  const atNode = (login: Login, { name }: NodeProcess) =>
    login.readers.filter((reader) => reader.name.endsWith(` at ${name}`));
  const isOut = ({ byes, refusal }: Login['readers'][number]): boolean =>
    refusal?.includes('401') === true || byes.some(({ code }) => code === 'REVOKED');

  it('a node that was killed is not waited for longer than it may be silent', async () => {
    await start();
    await b.kill9();
    expect(await revoke(a, { user: victim.user })).toEqual(done);
    await publish(a, 'after');
    await eventually('the streams at the other node have ended', () =>
      atNode(victim, a).every(isOut),
    );
    await b.restart();
    await eventually('streams that come back to the killed node are refused', () =>
      atNode(victim, b).every(isOut),
    );
    await expectDelivery(toOthers(), other.followers, cluster.nodes);
    expect(victim.texts).not.toContain('after');
  });

  it('a node that stood still for longer shows the user nothing when it goes on, whatever reaches it first', async () => {
    await start();
    const cursor = atNode(victim, b)[0]?.cursor;
    process.kill(b.pid, 'SIGSTOP');
    try {
      // While it stands still others take it for gone.
      expect(await revoke(a, { user: victim.user })).toEqual(done);
      await publish(a, 'after');
      // What other nodes said meanwhile is lost to it.
      await cutSubscribers(broker.url);
      // These wait at its door.
      const late = [victim.sse(b, cursor), victim.ws(b, cursor)];
      const opened = Promise.allSettled(late.map((reader) => reader.open()));
      const history = fetch(new URL('/notifications?group=g', b.base), {
        headers: { Authorization: `Bearer ${victim.token}` },
      });
      const published = publish(b, 'after, from the node itself');
      process.kill(b.pid, 'SIGCONT');
      expect((await history).status).toBe(401);
      await opened;
      await published;
      await eventually('every stream of the user has ended', () => victim.readers.every(isOut));
    } finally {
      process.kill(b.pid, 'SIGCONT');
    }
    await expectDelivery(toOthers(), other.followers, cluster.nodes);
    expect(new Set(victim.texts)).toEqual(new Set(['before']));
    await b.assertHealthy();
  });

  it('while the broker is away `revoke` says that it is recorded only; it takes effect when the link is back', async () => {
    await start({ REVOKE_WAIT_MS: '1500' });
    await broker.kill9();
    const answer = await revoke(a, { user: victim.user });
    expect([answer.status, asObject(answer.body, 'an error').code]).toEqual([
      503,
      'REVOKE_UNCONFIRMED',
    ]);
    // Where it was asked it takes effect at once.
    await eventually('the streams at that node have ended', () => atNode(victim, a).every(isOut));
    for (const reader of atNode(victim, b)) expect(reader.live, reader.name).toBe(true);
    await broker.restart();
    await eventually('the streams at the other node have ended', () =>
      atNode(victim, b).every(isOut),
    );
    // Now it can be confirmed.
    await eventually('asked again, it is confirmed', async () => {
      const { status } = await revoke(a, { user: victim.user });
      return status === 200;
    });
    await publish(b, 'after');
    await expectDelivery(toOthers(), other.followers, cluster.nodes);
    expect(victim.texts).not.toContain('after');
    for (const reader of victim.readers)
      expect(await refusedComingBack(reader), reader.name).toContain('401');
  });

  it('a node that has no broker but the store acts at its position check, before it shows anything', async () => {
    await start({ REVOKE_WAIT_MS: '1500', POSITION_CHECK_MS: '1000' });
    await broker.kill9();
    expect((await revoke(a, { user: victim.user })).status).toBe(503);
    await publish(a, 'after');
    await eventually('every stream of the user has ended', () => victim.readers.every(isOut));
    await expectDelivery(toOthers(), other.followers, []);
    expect(victim.texts).not.toContain('after');
  });

  it('while the store is away nothing is revoked, and the caller is told to try again', async () => {
    // A node whose link to the store comes back later finds the entry so.
    await start({ POSITION_CHECK_MS: '1000' });
    await store.kill9();
    const answer = await revoke(a, { user: victim.user });
    expect([answer.status, asObject(answer.body, 'an error').code]).toEqual([
      503,
      'STORE_UNAVAILABLE',
    ]);
    for (const reader of victim.readers) expect(reader.live, reader.name).toBe(true);
    await store.restart();
    await eventually('asked again, it is done', async () => {
      const { status } = await revoke(a, { user: victim.user });
      return status === 200;
    });
    await eventually('every stream of the user has ended', () => victim.readers.every(isOut));
  });
});

/** Breaks the connections over which nodes hear one another. */
async function cutSubscribers(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  } finally {
    redis.disconnect();
  }
}
