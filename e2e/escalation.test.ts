import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { concurrency, makeEscalatingNode } from './harness/escalating-node.js';
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
}

test('1,000 due on three nodes, one killed with -9 in the middle: each called once, or told that it may repeat', async () => {
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
  const nodes = [0, 1, 2].map(() => startNode(redis.url, callsFile));
  await Promise.all(nodes.map(({ ready }) => ready));
  const [victim] = nodes;
  if (victim === undefined) throw new Error('no node');

  const expected = await publish(redis.url);
  expect(await linesOf('begun')).toEqual([]);
  await eventually('300 calls have ended', async () => (await linesOf('ended')).length >= 300);
  victim.child.kill('SIGKILL');
  await once(victim.child, 'exit');
  const endedKeys = async () => new Set((await linesOf('ended')).map(({ key }) => key));
  // What the killed node was at is taken over when its leases end.
  await eventually(
    'all were called to the end',
    async () => (await endedKeys()).size >= expected.size,
    undefined,
    { timeoutMs: 150_000, everyMs: 200 },
  );

  const begun = await linesOf('begun');
  const keysBegun = new Map<string, readonly Line[]>();
  for (const line of begun) keysBegun.set(line.key, [...(keysBegun.get(line.key) ?? []), line]);
  expect(new Set(keysBegun.keys())).toEqual(expected);
  const repeated = [...keysBegun.values()].filter((lines) => lines.length > 1);
  for (const [first, second, ...others] of repeated) {
    expect(others).toEqual([]);
    expect([first?.pid, first?.mayRepeat]).toEqual([victim.child.pid, false]);
    expect(second?.mayRepeat).toBe(true);
  }
  // Those that it was at when it was killed; nothing else was ever said to be a repetition.
  expect(repeated.length).toBeLessThanOrEqual(concurrency);
  expect(begun.filter(({ mayRepeat }) => mayRepeat).length).toBeLessThanOrEqual(concurrency);
  const cutOff = [...keysBegun].filter(([, lines]) => lines[0]?.pid === victim.child.pid).length;
  console.log(
    `${begun.length} calls, ${cutOff} of them by the killed node, ${repeated.length} repeated`,
  );
});

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
  const [word = '', pid, key = '', mayRepeat] = text.split(' ');
  return { word, pid: Number(pid), key, mayRepeat: mayRepeat === 'true' };
}

function startNode(
  redisUrl: string,
  callsFile: string,
): { child: ChildProcess; ready: Promise<void> } {
  const program = fileURLToPath(new URL('./harness/escalating-node.ts', import.meta.url));
  const args = ['--import', 'tsx', '--conditions=@realtime-notify/source', program];
  const child = spawn(process.execPath, args, {
    cwd: repoDir,
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      CALLS_FILE: callsFile,
      UNSEEN_AFTER_MS: String(unseenAfterMs),
    },
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
