import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { KafkaView } from './harness/kafka.js';
import { Login, refusedComingBack, revoke } from './harness/login.js';
import type { NodeProcess } from './harness/node-process.js';
import { notify } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { Traffic } from './harness/traffic.js';
import { startNodes } from './harness/two-nodes.js';

const done = { status: 200, body: { revoked: true } };

describe.each(['redis', 'kafka'] as const)('BROKER=%s, three nodes', (BROKER) => {
  const run = randomUUID().slice(0, 8);
  const group = `${run}-g`;
  let redis: RedisDatabase;
  let kafka: KafkaView;
  let cluster: Awaited<ReturnType<typeof startNodes>>;
  let nodes: readonly NodeProcess[] = [];
  const logins: Login[] = [];

  beforeAll(async () => {
    redis = await redisDatabase();
    kafka = await KafkaView.open();
    const KAFKA_TOPIC = `${run}-revoke-${BROKER}`;
    await kafka.createTopic(KAFKA_TOPIC, 4);
    cluster = await startNodes(['node-a', 'node-b', 'node-c'], {
      BROKER,
      STORE: 'redis',
      REDIS_URL: redis.url,
      KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
      KAFKA_TOPIC,
    });
    nodes = cluster.nodes;
  });

  afterEach(() => {
    for (const login of logins.splice(0)) login.leave();
  });

  afterAll(async () => {
    await cluster?.stop();
    await redis?.release();
    await kafka?.close();
  });

  const nodeAt = (index: number): NodeProcess => {
    const node = nodes[index];
    if (node === undefined) throw new Error('there is no such node');
    return node;
  };
  const login = async (user: string, session?: string): Promise<Login> => {
    const name = session === undefined ? {} : { session };
    const made = await Login.at(nodeAt(0), { user: `${run}-${user}`, groups: [group], ...name });
    logins.push(made);
    return made;
  };

  it('after `revoke` has resolved no stream of the user on any node is shown anything; all others go on', async () => {
    const victim = await login('victim');
    const other = await login('other');
    await Promise.all([victim.connect(nodes), other.connect(nodes)]);
    const browser = victim.eventSource(nodeAt(1));
    await browser.open();

    let moment = 'before';
    const audiences = [
      { user: victim.user },
      { user: other.user },
      { group },
      { all: true },
    ] as const;
    const traffic = new Traffic({
      nodes,
      publishers: 4,
      pauseMs: 5,
      nth: (n) => {
        const to = audiences[Math.floor(n / 4) % audiences.length] ?? { all: true };
        return { to, type: 'message', data: { text: moment } };
      },
    });
    const heardAll = ({ readers, channels }: Login): boolean =>
      readers.every(({ log }) => channels.every((channel) => log.count(channel) > 5));
    await eventually('all streams hear all their channels', () => heardAll(victim));

    expect(await revoke(nodeAt(2), { user: victim.user })).toEqual(done);
    // What is published from here on was published after.
    moment = 'after';
    const from = traffic.accepted.length;
    await eventually('more is accepted', () => traffic.accepted.length > from + 300);
    await expectDelivery(await traffic.stop(), other.followers, nodes);

    expect(new Set(other.texts)).toContain('after');
    expect(new Set(victim.texts)).toEqual(new Set(['before']));
    for (const { name, byes, log } of victim.readers) {
      expect(byes[0], name).toEqual({ code: 'REVOKED', returnMs: null });
      expect(log.problems, name).toEqual([]);
    }
    for (const node of nodes) await node.assertHealthy();

    // A plain EventSource came back by itself: it cannot know better.
    await eventually('the EventSource is refused', () => browser.refusal !== undefined);
    expect(browser.refusal).toContain('401');
    for (const reader of victim.readers) {
      if (reader !== browser) expect(await refusedComingBack(reader), reader.name).toContain('401');
    }

    const again = await login('victim');
    for (const node of nodes) {
      const [sse, ws] = [again.sse(node, victim.readers[0]?.cursor), again.ws(node)];
      await Promise.all([sse.open(), ws.open()]);
      const body = { to: { user: again.user }, type: 'message', data: { text: 'welcome back' } };
      await notify(nodeAt(0).base, body);
      await eventually('it is shown', () =>
        [sse, ws].every(({ log }) => log.on(`user:${again.user}`).length > 0),
      );
    }
    // From the cursor of a stream that was ended it goes on where that one stood.
    expect(new Set(again.texts)).toContain('after');
  });

  it("a session that is revoked ends on every node, its user's other session and others' stay", async () => {
    const [one, two, none] = await Promise.all([
      login('user', `${run}-s1`),
      login('user', `${run}-s2`),
      login('user'),
    ]);
    await Promise.all([one, two, none].map((each) => each.connect(nodes)));
    expect(await revoke(nodeAt(0), { session: `${run}-s1` })).toEqual(done);
    const accepted = await notify(nodeAt(1).base, {
      to: { user: one.user },
      type: 'message',
      data: { text: 'after' },
    });
    await expectDelivery(accepted, [...two.followers, ...none.followers], nodes);
    for (const { name, byes, log } of one.readers) {
      expect(byes, name).toEqual([{ code: 'REVOKED', returnMs: null }]);
      expect(log.received, name).toBe(0);
    }
    for (const reader of one.readers) {
      expect(await refusedComingBack(reader), reader.name).toContain('401');
    }
  });

  it('a node that starts after the revocation refuses the credential from its first request on', async () => {
    const victim = await login('late');
    expect(await revoke(nodeAt(0), { user: victim.user })).toEqual(done);
    await nodeAt(1).terminate();
    await nodeAt(1).restart();
    await expect(victim.sse(nodeAt(1)).open()).rejects.toThrow('401');
    await expect(victim.ws(nodeAt(1)).open()).rejects.toThrow('401');
    await (await login('late')).connect([nodeAt(1)]);
  });
});
