import { NotifyError } from '@realtime-notify/core';
import type { HostPort } from '@realtime-notify/redis-connection';
import { expect, test } from 'vitest';
import type { ScriptAnswer, ScriptCall } from './directory-link.js';
import { leaveScript } from './directory-scripts.js';
import { SlotCalls } from './slot-calls.js';

const done: ScriptAnswer = [null, 'done'];
const refused = (message: string): ScriptAnswer => [new Error(message), null];
const moved = refused('MOVED 1 host:2');

/** A master that answers when it is told to. */
class FakeMaster {
  isReady = true;
  readonly got: string[] = [];
  readonly #pending: ((answer: ScriptAnswer) => void)[] = [];

  async run(calls: readonly ScriptCall[], asking = false): Promise<readonly ScriptAnswer[]> {
    for (const { args } of calls) this.got.push(`${asking ? 'asking ' : ''}${args[0]}`);
    const answer = await new Promise<ScriptAnswer>((resolve) => this.#pending.push(resolve));
    return calls.map(() => answer);
  }

  /** Answers what was given first. */
  async answer(answer: ScriptAnswer): Promise<void> {
    this.#pending.shift()?.(answer);
    await settle();
  }
}

class FakeCluster {
  readonly old = new FakeMaster();
  readonly other = new FakeMaster();
  known: FakeMaster | undefined = this.old;
  real = this.old;
  news = 0;
  readonly calls = new SlotCalls({
    owner: () => this.known,
    at: (_node: HostPort) => this.other,
    refresh: async () => {
      this.known = this.real;
    },
    news: async () => {
      this.news += 1;
      this.other.isReady = true;
    },
  });

  run(name: string): Promise<readonly ScriptAnswer[]> {
    return this.calls.run([{ script: leaveScript, keys: ['{0}'], args: [name] }]);
  }
}

test('calls are sent as they come', async () => {
  const cluster = new FakeCluster();
  const calls = [cluster.run('a'), cluster.run('b')];
  expect(cluster.old.got).toEqual(['a', 'b']);
  await cluster.old.answer(done);
  await cluster.old.answer(done);
  expect(await Promise.all(calls)).toEqual([[done], [done]]);
});

test('what the old master refused is done at the new one, in order, before what came meanwhile', async () => {
  const cluster = new FakeCluster();
  cluster.real = cluster.other;
  cluster.other.isReady = false;
  const calls = [cluster.run('a'), cluster.run('b')];
  await cluster.old.answer(moved);
  // It knows of the move by now, and yet 'c' is not to come before 'b'.
  calls.push(cluster.run('c'));
  expect(cluster.other.got).toEqual(['a']);
  await cluster.other.answer(done);
  await cluster.old.answer(moved);
  expect(cluster.other.got).toEqual(['a', 'b']);
  await cluster.other.answer(done);
  expect(cluster.other.got).toEqual(['a', 'b', 'c']);
  await cluster.other.answer(done);
  expect(await Promise.all(calls)).toEqual([[done], [done], [done]]);
  expect([cluster.old.got, cluster.news]).toEqual([['a', 'b'], 1]);
});

test('a new owner that others heard of gets nothing before the old one has answered', async () => {
  const cluster = new FakeCluster();
  const first = cluster.run('a');
  cluster.known = cluster.other;
  const second = cluster.run('b');
  await settle();
  expect(cluster.other.got).toEqual([]);
  await cluster.old.answer(done);
  expect(cluster.other.got).toEqual(['b']);
  await cluster.other.answer(done);
  expect(await Promise.all([first, second])).toEqual([[done], [done]]);
});

test('a key that is elsewhere already is asked for there; keys on their way are waited for', async () => {
  const cluster = new FakeCluster();
  const first = cluster.run('a');
  await cluster.old.answer(refused('ASK 1 host:2'));
  await cluster.other.answer(refused('TRYAGAIN Multiple keys'));
  await cluster.old.answer(done);
  expect(await first).toEqual([done]);
  expect([cluster.old.got, cluster.other.got]).toEqual([['a', 'a'], ['asking a']]);
  expect(cluster.news).toBe(1);
});

test('it follows its slot three times, then gives up', async () => {
  const cluster = new FakeCluster();
  const call = cluster.run('a');
  for (let i = 0; i < 4; i += 1) await cluster.old.answer(moved);
  expect(await call).toEqual([moved]);
  expect(cluster.old.got).toHaveLength(4);
});

test('what may have been done is not sent again, and without an owner nothing is', async () => {
  const cluster = new FakeCluster();
  const call = cluster.run('a');
  await cluster.old.answer(refused('Connection is closed.'));
  expect(await call).toEqual([refused('Connection is closed.')]);
  cluster.known = undefined;
  const [[error] = []] = await cluster.run('b');
  expect(NotifyError.is(error) && error.code).toBe('DIRECTORY_UNAVAILABLE');
  expect(cluster.old.got).toEqual(['a']);
});

/** Lets all happen that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
