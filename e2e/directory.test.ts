import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { BatchProcess } from './harness/batch-process.js';
import { DirectoryView } from './harness/directory-view.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery, type Follower } from './harness/expect-delivery.js';
import { httpNotification, populate } from './harness/fan-out.js';
import { type NodeProcess, type NodeProgram, startNode } from './harness/node-process.js';
import { privateRedis } from './harness/private-servers.js';
import { type Accepted, notify, tokenFor } from './harness/publisher.js';
import { monitorRedis } from './harness/redis-monitor.js';
import { sseReader } from './harness/sse-reader.js';
import { Traffic } from './harness/traffic.js';

const LEASE_MS = 1_500;
const usersOf = (count: number): string[] => {
  const run = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, index) => `${run}-u${index}`);
};
const message = (text: string) => ({ type: 'message', data: { text } });

/** A server that no position check could help to what nobody sent to it. */
const withoutCheck = (env: NodeJS.ProcessEnv): NodeProgram => ({
  file: fileURLToPath(new URL('./harness/directed-node.ts', import.meta.url)),
  env,
});

/** Servers with short leases on a Redis of their own, and a look at their directory. */
async function directedNodes(
  names: readonly string[],
  env: (name: string) => NodeJS.ProcessEnv = () => ({}),
) {
  const redis = await privateRedis([]);
  onTestFinished(() => redis.stop());
  const JWT_SECRET = randomUUID() + randomUUID();
  const nodes: NodeProcess[] = [];
  for (const NODE_ID of names) {
    const node = await startNode(
      { NODE_ID, JWT_SECRET, BROKER: 'redis', REDIS_URL: redis.url },
      withoutCheck({ LEASE_MS: String(LEASE_MS), ...env(NODE_ID) }),
    );
    onTestFinished(() => node.stop());
    nodes.push(node);
  }
  const view = await DirectoryView.open(redis.url);
  onTestFinished(() => view.close());
  return { redis, nodes, view };
}

/** An event stream of each user at a node. */
async function streamsAt(node: NodeProcess, users: readonly string[]): Promise<Follower[]> {
  const followers = await Promise.all(
    users.map(async (user) => {
      const token = await tokenFor(node.base, user);
      const reader = sseReader({ name: `${user} at ${node.name}`, nodes: [node.base], token });
      onTestFinished(() => reader.cut());
      return { reader, channels: [`user:${user}`, 'all'] };
    }),
  );
  await Promise.all(followers.map(({ reader }) => reader.open()));
  return followers;
}

async function notifyEach(
  node: NodeProcess,
  users: readonly string[],
  text: string,
): Promise<Accepted[]> {
  const accepted = await Promise.all(
    users.map((user) => notify(node.base, { to: { user }, ...message(text) })),
  );
  return accepted.flat();
}

test('ROUTING=directed, two nodes, 200 users on both: everything arrives once and in order, streams that are cut resume at the other node', async () => {
  const redis = await privateRedis([]);
  onTestFinished(() => redis.stop());
  const shared = { JWT_SECRET: randomUUID() + randomUUID(), REDIS_URL: redis.url } as const;
  const a = await startNode({ ...shared, NODE_ID: 'node-a', BROKER: 'redis', ROUTING: 'directed' });
  onTestFinished(() => a.stop());
  const b = await startNode(
    { ...shared, NODE_ID: 'node-b', BROKER: 'redis' },
    withoutCheck({ LEASE_MS: '15000' }),
  );
  onTestFinished(() => b.stop());
  const both = [a, b] as const;
  const run = randomUUID().slice(0, 8);
  const { users, crowd } = await populate(run, both);
  onTestFinished(() => crowd.leave());
  const monitor = await monitorRedis(redis.url);
  onTestFinished(() => monitor.close());
  const traffic = new Traffic({
    nodes: both,
    publishers: 8,
    nth: (n) => (n < 2_000 ? httpNotification(run, users, n) : undefined),
  });
  const cut = crowd.readersAt(a).slice(0, 50);
  for (const reader of cut) {
    reader.onceNotified(() => {
      reader.cut();
      void reader.resume(b.base);
    });
  }
  await expectDelivery(await traffic.finished(), crowd.followers, both);
  for (const node of both) await node.assertHealthy();
  await monitor.caughtUp();
  const topics = new Set(monitor.published);
  expect([...topics].filter((topic) => topic.startsWith('rn:n:user:'))).toEqual([]);
  expect(topics).toContain('rn:node:node-a');
  expect(topics).toContain('rn:node:node-b');
});

test('nobody online elsewhere: nothing is published; one user online at the other node: one message, to that node', async () => {
  const { redis, nodes } = await directedNodes(['a', 'b', 'c']);
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('no nodes');
  const [here = '', there = '', ...offline] = usersOf(52);
  const followers = [...(await streamsAt(a, [here])), ...(await streamsAt(b, [there]))];
  const monitor = await monitorRedis(redis.url);
  onTestFinished(() => monitor.close());
  const forUsers = () => monitor.published.filter((topic) => /^rn:(node|n:user):/.test(topic));
  const accepted = await notify(a.base, { to: { users: [here, ...offline] }, ...message('one') });
  await monitor.caughtUp();
  expect(forUsers()).toEqual([]);
  accepted.push(...(await notifyEach(a, [there], 'two')));
  await monitor.caughtUp();
  expect(forUsers()).toEqual(['rn:node:b']);
  const shown = accepted.filter(({ channel }) =>
    [`user:${here}`, `user:${there}`].includes(channel),
  );
  await expectDelivery(shown, followers, [a]);
});

test('a node killed with 1,000 users leaves nothing in Redis, and its users are found where they come back', async () => {
  const { nodes, view } = await directedNodes(['a', 'b']);
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('no nodes');
  const users = usersOf(1_000);
  const followers: Follower[] = [];
  for (let from = 0; from < users.length; from += 100) {
    followers.push(...(await streamsAt(b, users.slice(from, from + 100))));
  }
  expect(await view.countAt('b', users)).toBe(users.length);
  const killedAt = performance.now();
  await b.kill9();
  // Or a thousand readers would knock at its port meanwhile.
  for (const { reader } of followers) reader.cut();
  let left: readonly string[] = [];
  let notFoundMs: number | undefined;
  await eventually(
    'the keys are clean',
    async () => {
      if ((await view.countAt('b', users)) === 0) notFoundMs ??= performance.now() - killedAt;
      left = await view.traces('b');
      return left.length === 0;
    },
    () => left.slice(0, 5).join('\n'),
  );
  const leases = (ms = 0): string => `${(ms / LEASE_MS).toFixed(2)} leases`;
  console.log(
    `1,000 users of a killed node: not found after ${leases(notFoundMs)}, keys clean after ${leases(performance.now() - killedAt)} of ${LEASE_MS} ms`,
  );
  const accepted = await notifyEach(a, users.slice(0, 50), 'while away');
  const back = followers.slice(0, 50);
  await Promise.all(back.map(({ reader }) => reader.resume(a.base)));
  expect(await view.countAt('a', users)).toBe(back.length);
  accepted.push(...(await notifyEach(a, users.slice(0, 50), 'after')));
  await expectDelivery(accepted, back, [a]);
});

test('a node that stood still until its leases ended and others forgot it: its users are found again, nothing is missed, nothing comes twice', async () => {
  const { nodes, view } = await directedNodes(['a', 'b']);
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('no nodes');
  const users = usersOf(40);
  const followers = await streamsAt(b, users);
  const accepted = await notifyEach(a, users, 'before');
  process.kill(b.pid, 'SIGSTOP');
  const stoodUntil = (await view.leaseEnds('b')) + LEASE_MS;
  await eventually('the others have forgotten it', async () => {
    return (await view.traces('b')).length === 0 && (await view.leaseEnds('a')) > stoodUntil;
  });
  accepted.push(...(await notifyEach(a, users, 'while it stood')));
  accepted.push(...(await notifyEach(a, users, 'while it stood, again')));
  process.kill(b.pid, 'SIGCONT');
  await eventually('all are found again', async () => {
    return (await view.countAt('b', users)) === users.length;
  });
  // Before anything new could show that something is missing.
  await eventually('all have what they missed', () =>
    followers.every(({ reader, channels: [own = ''] }) => reader.log.count(own) === 3),
  );
  accepted.push(...(await notifyEach(a, users, 'after')));
  await expectDelivery(accepted, followers, [a, b]);
  for (const { reader } of followers) expect(reader.log.readies).toHaveLength(1);
  await b.assertHealthy();
});

/** Loaded before anything else: the clock of the process is off by so much. */
const clockOff = (ms: number): NodeJS.ProcessEnv => {
  const shim = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length > 0 ? given : [Real.now() + ${ms}])); }
    static now() { return Real.now() + ${ms}; }
  };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shim)}` };
};

test('nodes whose clocks are five minutes apart from the others: leases, expiry and order are as ever', async () => {
  const { nodes, view } = await directedNodes(['a', 'fast', 'slow'], (name) => {
    if (name === 'a') return {};
    return clockOff(name === 'fast' ? 300_000 : -300_000);
  });
  const [a, fast, slow] = nodes;
  if (a === undefined || fast === undefined || slow === undefined) throw new Error('no nodes');
  const users = usersOf(60);
  const [ofFast, ofSlow] = [users.slice(0, 30), users.slice(30)];
  const followers = [...(await streamsAt(fast, ofFast)), ...(await streamsAt(slow, ofSlow))];
  const ends = await view.leaseEnds('slow');
  await eventually('leases were renewed for two of their lengths', async () => {
    expect(await view.countAt('fast', ofFast)).toBe(ofFast.length);
    expect(await view.countAt('slow', ofSlow)).toBe(ofSlow.length);
    return (await view.leaseEnds('slow')) > ends + 2 * LEASE_MS;
  });
  const accepted: Accepted[] = [];
  for (const [n, node] of [a, fast, slow, fast, a, slow].entries()) {
    accepted.push(...(await notifyEach(node, users, `number ${n}`)));
  }
  const times = accepted.slice(0, 3 * users.length).map(({ id }) => id?.slice(0, 8));
  expect(new Set(times).size).toBeGreaterThan(1);
  await expectDelivery(accepted, followers, [a, fast, slow]);
  await fast.kill9();
  await eventually('the keys of the node whose clock was ahead are clean', async () => {
    return (await view.traces('fast')).length === 0;
  });
  expect(await view.countAt('slow', ofSlow)).toBe(ofSlow.length);
});

test('a batch job with ROUTING=directed reaches the node that holds the user, and is in no directory', async () => {
  const { redis, nodes, view } = await directedNodes(['a']);
  const [a] = nodes;
  if (a === undefined) throw new Error('no node');
  const [user = ''] = usersOf(1);
  const followers = await streamsAt(a, [user]);
  const batch = await BatchProcess.start({ REDIS_URL: redis.url, ROUTING: 'directed' });
  onTestFinished(() => batch.stop());
  batch.notify([user]);
  // No position check would find it.
  const shown = () => followers.every(({ reader }) => reader.log.count(`user:${user}`) === 1);
  await eventually('it is shown', shown);
  expect(await view.nodes()).toEqual(['a']);
  expect(await batch.finish()).toMatchObject({ exitCode: 0, enqueued: 1, undelivered: 0 });
  expect(await view.where([user])).toEqual([['a']]);
});

test('the code of docs/directory.md runs as it stands, and leaves nothing in Redis', async () => {
  const redis = await privateRedis([]);
  onTestFinished(() => redis.stop());
  const page = readFileSync(new URL('../docs/directory.md', import.meta.url), 'utf8');
  const code = /```ts\n(import [\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(code).toContain("routing: 'directed'");
  // Beside the example, whose dependencies are those that the code imports.
  const file = fileURLToPath(new URL(`../examples/batch/docs-${process.pid}.ts`, import.meta.url));
  writeFileSync(file, code);
  onTestFinished(() => rmSync(file));
  await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--conditions=@realtime-notify/source', file],
    { env: { ...process.env, REDIS_URL: redis.url } },
  );
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  expect(await admin.keys('rn:sse_*')).toEqual([]);
});
