import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { concurrency, digestMs, makeEscalatingNode } from './harness/escalating-node.js';
import { eventually } from './harness/eventually.js';
import { repoDir } from './harness/example.js';
import { privateRedis } from './harness/private-servers.js';

const due = 1_000;
const seenInTime = 200;
/** Long enough to publish all of it and to mark some as seen. */
const unseenAfterMs = 15_000;

/** What a node wrote of a call of its hook. */
interface Line {
  readonly word: string;
  readonly pid: number;
  readonly key: string;
  readonly mayRepeat: boolean;
  /** Of the notifications. */
  readonly ids: readonly string[];
}

test('1,000 due on three nodes, one killed with -9 in the middle: each called once, or told that it may repeat', async () => {
  const { redisUrl, nodes, linesOf } = await threeNodes({
    UNSEEN_AFTER_MS: String(unseenAfterMs),
  });
  const expected = await publish(redisUrl);
  expect(await linesOf('begun')).toEqual([]);
  await eventually('300 calls have ended', async () => (await linesOf('ended')).length >= 300);
  const killed = await killOne(nodes);
  const endedKeys = async () => new Set((await linesOf('ended')).map(({ key }) => key));
  // What the killed node was at is taken over when its leases end.
  await eventually(
    'all were called to the end',
    async () => (await endedKeys()).size >= expected.size,
    undefined,
    { timeoutMs: 150_000, everyMs: 200 },
  );

  const begun = await linesOf('begun');
  const keysBegun = byKey(begun);
  expect(new Set(keysBegun.keys())).toEqual(expected);
  expectRepeatedOnlyFrom(killed, begun);
  const cutOff = [...keysBegun].filter(([, lines]) => lines[0]?.pid === killed).length;
  const repeated = begun.length - keysBegun.size;
  console.log(`${begun.length} calls, ${cutOff} of them by the killed node, ${repeated} repeated`);
});

test('windows of a digest that wait for a throttle, on three nodes, one killed with -9: each notification is in one call', async () => {
  const { redisUrl, nodes, linesOf } = await threeNodes({ UNSEEN_AFTER_MS: '1', DIGEST: 'true' });
  const ids = await publishInWindows(redisUrl);
  await eventually('80 calls have ended', async () => (await linesOf('ended')).length >= 80);
  const killed = await killOne(nodes);
  const idsIn = (lines: readonly Line[]) => new Set(lines.flatMap((line) => line.ids));
  await eventually(
    'all notifications were in a call that ended',
    async () => idsIn(await linesOf('ended')).size >= ids.size,
    undefined,
    { timeoutMs: 150_000, everyMs: 200 },
  );

  const begun = await linesOf('begun');
  const calls = byKey(begun);
  expect(idsIn(begun)).toEqual(ids);
  // Under one key each; where that was called for again, with the same ones.
  const once = [...calls.values()].flatMap(([first]) => first?.ids ?? []);
  expect(once).toHaveLength(ids.size);
  for (const [first, second] of calls.values()) {
    if (second !== undefined) expect(second.ids).toEqual(first?.ids);
  }
  expectRepeatedOnlyFrom(killed, begun);
  // Else none had to wait, and nothing was shown.
  expect(calls.size).toBeLessThan(ids.size);
  const repeated = begun.length - calls.size;
  console.log(`${ids.size} notifications in ${calls.size} calls, ${repeated} of them repeated`);
});

async function threeNodes(env: NodeJS.ProcessEnv) {
  const redis = await privateRedis();
  onTestFinished(() => redis.stop());
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-escalation-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const callsFile = join(dir, 'calls');
  await writeFile(callsFile, '');
  const linesOf = async (word: 'begun' | 'ended'): Promise<readonly Line[]> => {
    const lines = (await readFile(callsFile, 'utf8')).split('\n').filter(Boolean).map(lineOf);
    return lines.filter((line) => line.word === word);
  };
  const nodes = [0, 1, 2].map(() =>
    startNode({ ...env, REDIS_URL: redis.url, CALLS_FILE: callsFile }),
  );
  await Promise.all(nodes.map(({ ready }) => ready));
  return { redisUrl: redis.url, nodes, linesOf };
}

/** Resolves with the pid of the one that is no more. */
async function killOne([victim]: readonly { readonly child: ChildProcess }[]): Promise<number> {
  if (victim?.child.pid === undefined) throw new Error('no node');
  victim.child.kill('SIGKILL');
  await once(victim.child, 'exit');
  return victim.child.pid;
}

function byKey(lines: readonly Line[]): ReadonlyMap<string, readonly Line[]> {
  const calls = new Map<string, readonly Line[]>();
  for (const line of lines) calls.set(line.key, [...(calls.get(line.key) ?? []), line]);
  return calls;
}

/** What the killed node was at may be called for again, once, and is said to repeat; nothing else is. */
function expectRepeatedOnlyFrom(killed: number, begun: readonly Line[]): void {
  const repeated = [...byKey(begun).values()].filter((lines) => lines.length > 1);
  for (const [first, second, ...others] of repeated) {
    expect(others).toEqual([]);
    expect([first?.pid, first?.mayRepeat]).toEqual([killed, false]);
    expect(second?.mayRepeat).toBe(true);
  }
  expect(repeated.length).toBeLessThanOrEqual(concurrency);
  expect(begun.filter(({ mayRepeat }) => mayRepeat).length).toBeLessThanOrEqual(concurrency);
}

const windowAt = (time: number): number => Math.floor(time / digestMs);

/** Five windows of a digest for each of 60 users; resolves with the ids of all. */
async function publishInWindows(redisUrl: string): Promise<ReadonlySet<string>> {
  const options = { redisUrl, unseenAfterMs: 1, to: () => undefined };
  const publisher = makeEscalatingNode({ ...options, publishOnly: true, isDigest: true });
  onTestFinished(() => publisher.close());
  await publisher.start();
  const ids = new Set<string>();
  for (let window = 0; window < 5; window += 1) {
    const outcomes = await publisher.notifyMany(
      Array.from({ length: 60 }, (_, i) => ({
        to: { user: `u${i}` },
        type: 'order.approved',
        data: { orderId: `${window}`, amount: 1 },
      })),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'failed') throw outcome.error;
      ids.add(outcome.result.id);
    }
    const ended = windowAt(Date.now());
    await eventually('the next window has begun', () => windowAt(Date.now()) > ended);
  }
  return ids;
}

/** Resolves with the keys to be called for; the other users have seen theirs in time. */
async function publish(redisUrl: string) {
  const publisher = makeEscalatingNode({
    redisUrl,
    unseenAfterMs,
    to: () => undefined,
    publishOnly: true,
  });
  onTestFinished(() => publisher.close());
  await publisher.start();
  const users = Array.from({ length: due + seenInTime }, (_, i) => `u${i}`);
  const begunAt = performance.now();
  const outcomes = await publisher.notifyMany(
    users.map((user) => ({
      to: { user },
      type: 'order.approved',
      data: { orderId: user, amount: 1 },
    })),
  );
  const idOf = new Map(
    outcomes.map((outcome, i) => {
      if (outcome.status === 'failed') throw outcome.error;
      return [users[i] ?? '', outcome.result.id];
    }),
  );
  const seen = users.slice(due);
  await Promise.all(
    seen.map((user) => publisher.inbox(user).markSeen({ ids: [idOf.get(user) ?? ''] })),
  );
  // Else nothing can be said of them: this machine is too slow for the figures above.
  expect(performance.now() - begunAt).toBeLessThan(unseenAfterMs);
  const keys = users.slice(0, due).map((user) => `escalation:mail:${idOf.get(user)}:${user}`);
  return new Set(keys);
}

function lineOf(text: string): Line {
  const [word = '', pid, key = '', mayRepeat, ids = ''] = text.split(' ');
  return { word, pid: Number(pid), key, mayRepeat: mayRepeat === 'true', ids: ids.split(',') };
}

function startNode(env: NodeJS.ProcessEnv): { child: ChildProcess; ready: Promise<void> } {
  const program = fileURLToPath(new URL('./harness/escalating-node.ts', import.meta.url));
  const args = ['--import', 'tsx', '--conditions=@realtime-notify/source', program];
  const child = spawn(process.execPath, args, {
    cwd: repoDir,
    env: { PATH: process.env.PATH, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const ready = eventually('a node is ready', () => {
    if (child.exitCode !== null) throw new Error(`it ended:\n${output}`);
    return output.includes('ready');
  });
  return { child, ready };
}
