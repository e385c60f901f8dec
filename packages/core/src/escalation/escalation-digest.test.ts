import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { originPosition } from '../positions/position.js';
import type { Preferences } from '../preferences/preferences.js';
import {
  type EscalationTest,
  escalating,
  fakeClocks,
  LastingStore,
} from '../test-doubles/escalation-parts.js';
import { attached } from '../test-doubles/notifier-parts.js';
import type { EscalationCall } from './escalation-options.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const evening = Date.UTC(2026, 0, 1, 21, 30);
const morning = Date.UTC(2026, 0, 2, 7);
const night: Preferences = { quietHours: { from: '22:00', until: '07:00', timeZone: 'UTC' } };

beforeEach(() => void vi.useFakeTimers(fakeClocks(evening)));
afterEach(() => void vi.useRealTimers());

async function started({ rule, ...options }: EscalationTest = {}) {
  const parts = await escalating({
    rule: { digestMs: hourMs, ...rule },
    preferences: night,
    pollMs: 10_000,
    ...options,
  });
  onTestFinished(() => parts.notifier.close());
  return parts;
}

type Node = Awaited<ReturnType<typeof started>>;

const until = (time: number) => vi.advanceTimersByTimeAsync(time - Date.now());

/** One an hour for a user, up to a time; resolves with their ids. */
async function approveHourly({ approve }: Node, end: number, userId = 'u1') {
  const ids = [(await approve(userId)).id];
  while (Date.now() + hourMs < end) {
    await vi.advanceTimersByTimeAsync(hourMs);
    ids.push((await approve(userId)).id);
  }
  return ids;
}

function idsOf(calls: readonly EscalationCall[]) {
  return calls.map(({ notifications }) => notifications.map(({ id }) => id));
}

test('the windows that are due within quiet hours are one call after them', async () => {
  const node = await started();
  const ids = await approveHourly(node, morning);
  await until(morning - 1);
  expect(node.calls).toEqual([]);
  await until(morning + 3 * hourMs);
  // 21:30 is due at 22:01, 05:30 at 06:01; the window of 06:30 is due when it is no longer quiet.
  expect(idsOf(node.calls)).toEqual([ids.slice(0, -1), ids.slice(-1)]);
  expect(node.calls.map(({ attempt, mayRepeat }) => [attempt, mayRepeat])).toEqual([
    [1, false],
    [1, false],
  ]);
});

test('it is one call of one node, too, where several put off and take up together', async () => {
  const store = new LastingStore(memoryStore());
  const nodes = [await started({ store }), await started({ store })];
  const [first] = nodes as [Node];
  const asleep = await approveHourly(first, morning);
  await until(morning + minuteMs);
  expect(idsOf(nodes.flatMap(({ calls }) => calls))).toEqual([asleep.slice(0, -1)]);
});

test('a hundred at most, the newest of the night', async () => {
  const node = await started();
  const ids: string[] = [];
  while (Date.now() < evening + 3 * hourMs) {
    for (let i = 0; i < 50; i += 1) ids.push((await node.approve('u1')).id);
    await vi.advanceTimersByTimeAsync(hourMs);
  }
  await until(morning + minuteMs);
  expect(idsOf(node.calls)).toEqual([ids.slice(-100)]);
});

test('what was seen in the night is not told in the morning', async () => {
  const node = await started();
  const ids = await approveHourly(node, evening + 3 * hourMs);
  for (const id of [ids[0], ids[2]]) node.seen.add(id ?? '');
  await until(morning + minuteMs);
  expect(idsOf(node.calls)).toEqual([[ids[1]]]);
});

test.each([
  ['switched off', false, morning - 4 * hourMs + minuteMs],
  ['moved to 05:00', { from: '22:00', until: '05:00', timeZone: 'UTC' }, morning - 2 * hourMs],
  ['moved to 08:00', { from: '22:00', until: '08:00', timeZone: 'UTC' }, morning + hourMs],
] as const)('quiet hours %s at 02:30: none is lost or told twice', async (_, changed, firstAt) => {
  let quietHours: Preferences['quietHours'] = night.quietHours;
  const times: number[] = [];
  const node = await started({
    preferencesOf: () => ({ quietHours }),
    hook: () => void times.push(Date.now()),
  });
  const before = await approveHourly(node, morning - 5 * hourMs);
  await vi.advanceTimersByTimeAsync(hourMs);
  quietHours = changed;
  const after = await approveHourly(node, morning);
  await until(morning + 4 * hourMs);
  expect(idsOf(node.calls).flat()).toEqual([...before, ...after]);
  const [first = 0] = times;
  expect(first).toBeGreaterThanOrEqual(firstAt);
  expect(first).toBeLessThan(firstAt + minuteMs);
  expect(idsOf(node.calls)[0]).toEqual(expect.arrayContaining(before));
});

test('windows that a throttle holds up are one call, too', async () => {
  const node = await started({
    preferences: { throttle: { mail: { limit: 1, windowMs: 5 * hourMs } } },
  });
  const ids = await approveHourly(node, evening + 4 * hourMs);
  await until(evening + 6 * hourMs);
  expect(idsOf(node.calls)).toEqual([ids.slice(0, 1), ids.slice(1)]);
});

test('a call of several windows that fails is made again for the same, under the same key', async () => {
  const node = await started({
    rule: { retryMs: 2 * hourMs },
    hook: () => (node.calls.length === 1 ? Promise.reject(new Error('no')) : undefined),
  });
  const ids = await approveHourly(node, evening + 3 * hourMs);
  await until(morning + minuteMs);
  const [later] = await approveHourly(node, morning + hourMs);
  await until(morning + 4 * hourMs);
  const [first, ...others] = idsOf(node.calls);
  expect(first).toEqual(ids);
  expect(others.toSorted((one, other) => other.length - one.length)).toEqual([ids, [later]]);
  expect(node.calls.filter(({ key }) => key === node.calls[0]?.key)).toHaveLength(2);
});

test('a node that dies over it: the same is told under the same key, as possibly repeated', async () => {
  const store = new LastingStore(memoryStore());
  const first = await started({ store, hook: () => new Promise(() => {}) });
  const ids = await approveHourly(first, evening + 3 * hourMs);
  await until(morning + 20_000);
  await first.notifier.close();
  const second = await started({ store });
  await until(morning + 5 * minuteMs);
  expect(idsOf([...first.calls, ...second.calls])).toEqual([ids, ids]);
  const [call] = first.calls;
  expect(second.calls).toMatchObject([{ key: call?.key, attempt: 2, mayRepeat: true }]);
});

test('a call that is made again remembers itself what it takes in, whatever is forgotten meanwhile', async () => {
  const node = await started({
    rule: { retryMs: hourMs },
    hook: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('no')) : undefined),
  });
  const ids = await approveHourly(node, evening + 3 * hourMs);
  await until(morning + 20_000);
  const [state] = await node.store.states(['escalation:u1']);
  const change = { from: state?.position ?? originPosition, stateJson: '{}' };
  await node.store.append([
    { channel: 'escalation:u1', id: 'i', type: 't', time: Date.now(), dataJson: '1', change },
  ]);
  await until(morning + hourMs);
  expect(idsOf(node.calls)).toEqual([ids, ids]);
});

test('what may have been told already goes into no call of others, where nobody would know', async () => {
  const store = new LastingStore(memoryStore());
  const first = await started({ store, preferences: {}, hook: () => new Promise(() => {}) });
  const ids = await approveHourly(first, evening + hourMs);
  await until(evening + 31 * minuteMs + 25_000);
  await first.notifier.close();
  expect(idsOf(first.calls)).toEqual([ids]);
  const second = await started({ store });
  const others = await approveHourly(second, evening + 3 * hourMs);
  await until(morning + 5 * minuteMs);
  const told = second.calls.map(({ mayRepeat }, i) => [
    mayRepeat,
    ...(idsOf(second.calls)[i] ?? []),
  ]);
  expect(told.toSorted()).toEqual([
    [false, ...others],
    [true, ...ids],
  ]);
});

test('what was skipped, since the user was online, is in no later call', async () => {
  const node = await started({
    rule: { whileOnline: 'skip' },
    notifier: { feedGraceMs: 1_000 },
  });
  await approveHourly(node, evening + 3 * hourMs);
  await until(morning - 1);
  const { emitter } = await attached(node.notifier, { userId: 'u1' });
  await until(morning + minuteMs);
  emitter.close({ code: 'CLOSED', returnMs: 1 });
  const [later] = await approveHourly(node, morning + hourMs);
  await until(morning + 3 * hourMs);
  expect(idsOf(node.calls)).toEqual([[later]]);
});

test('nodes that die over the calls of a night: each is told once, or again under the same key, marked', async () => {
  const rule = { digestMs: 10 * minuteMs, maxAttempts: 100 };
  const end = evening + 80 * minuteMs;
  const preferences = { quietHours: { from: '22:00', until: '22:50', timeZone: 'UTC' } };
  const store = new LastingStore(memoryStore());
  const publisher = await started({ store, notifier: { publishOnly: true }, rule });
  const calls: EscalationCall[] = [];
  const sent = new Set<string>();
  let deaths = 0;
  const startNode = async (): Promise<void> => {
    const node = await started({
      ...{ store, preferences },
      rule,
      hook: (call) => {
        calls.push(call);
        if (calls.length % 3 === 0 && deaths < 8) {
          deaths += 1;
          // What else this node has under way dies with it.
          void node.notifier.close().then(startNode);
          return new Promise<void>(() => {});
        }
        sent.add(call.key);
        return undefined;
      },
    });
  };
  await startNode();
  await startNode();
  const users = Array.from({ length: 8 }, (_, i) => `u${i}`);
  const published = new Map<string, string[]>(users.map((user) => [user, []]));
  await until(evening + 22 * minuteMs);
  for (; Date.now() < end; await vi.advanceTimersByTimeAsync(10 * minuteMs)) {
    for (const user of users) published.get(user)?.push((await publisher.approve(user)).id);
  }
  await until(end + hourMs);
  expect(calls.filter(({ mayRepeat }) => mayRepeat)).not.toEqual([]);
  for (const user of users) {
    const ofUser = calls.filter(({ userId }) => userId === user);
    const keys = new Set(ofUser.map(({ key }) => key));
    const byKey = [...keys].map((key) => ofUser.filter((call) => call.key === key));
    for (const [first, ...others] of byKey) {
      expect(sent).toContain(first?.key);
      expect(first?.mayRepeat).toBe(false);
      for (const again of others) {
        expect(again.mayRepeat).toBe(true);
        expect(idsOf([again])).toEqual(idsOf(first ? [first] : []));
      }
    }
    const firsts = byKey.flatMap(([first]) => (first ? idsOf([first]).flat() : []));
    expect(firsts.toSorted()).toEqual(published.get(user)?.toSorted());
    // The night, and the window after it.
    expect(byKey).toHaveLength(2);
  }
});
