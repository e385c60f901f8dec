import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { gate } from '../test-doubles/gate.js';
import { SharedStore, testNotifier } from '../test-doubles/notifier-parts.js';
import { logAway, SharedLog } from '../test-doubles/shared-log.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const to = (user: string, n: number) => ({ to: { user }, type: 'message', data: { n } }) as const;

function cluster() {
  const store = new SharedStore(memoryStore(), true);
  const log = new SharedLog();
  const start = async (fields: Parameters<typeof testNotifier>[0] = {}) => {
    const writeBack = log.node();
    const parts = testNotifier({ store, whenStoreDown: 'log', writeBack, ...fields });
    await Promise.all([parts.notifier.start(), settle()]);
    return parts;
  };
  const numbers = async (user: string) => {
    const [page] = await store.readAfter([{ channel: `user:${user}`, after: 0, limit: 1_000 }]);
    return (page?.items ?? []).map(({ dataJson }) => Number(JSON.parse(dataJson).n));
  };
  return { store, log, start, numbers };
}

/** Resolves with what the call came to once it has come to something. */
async function outcomeOf<Result>(call: Promise<Result>): Promise<Result> {
  let isSettled = false;
  const settled = call.finally(() => {
    isSettled = true;
  });
  settled.catch(() => undefined);
  while (!isSettled) await settle(10);
  return settled;
}

test('what the store does not take goes into the log, and is stored once and in order when it is back', async () => {
  const { store, log, start, numbers } = cluster();
  const { notifier, broker } = await start();
  const told: unknown[] = [];
  notifier.on('notified', ({ result }) => told.push(result));
  expect(await outcomeOf(notifier.notify(to('1', 0)))).toMatchObject({ stored: true });
  store.fail('append', 'positions');
  const ids: string[] = [];
  for (const n of [1, 2, 3]) {
    const result = await outcomeOf(notifier.notify(to('1', n)));
    expect(result).toMatchObject({ stored: false, buffered: true, duplicate: false });
    expect(result.channels).toEqual([{ channel: 'user:1', epoch: null, offset: null }]);
    ids.push(result.id);
  }
  expect(log.records.map(({ id }) => id)).toEqual(ids);
  store.recover();
  const fourth = await outcomeOf(notifier.notify(to('1', 4)));
  await settle(10_000);
  expect(await numbers('1')).toEqual([0, 1, 2, 3, 4]);
  expect(fourth.buffered || fourth.stored).toBe(true);
  const placed = broker.published.flat().filter(({ offset }) => offset !== null);
  expect(placed.slice(0, 4).map(({ id }) => id)).toEqual([expect.any(String), ...ids]);
  for (const id of ids) {
    expect(told).toContainEqual(
      expect.objectContaining({ id, stored: true, buffered: false, duplicate: false }),
    );
  }
  expect(await outcomeOf(notifier.notify(to('1', 5)))).toMatchObject({ stored: true });
  await notifier.close();
});

test('a node that dies leaves what it has logged to the others', async () => {
  const { store, start, numbers } = cluster();
  const [dying, other] = [await start(), await start()];
  store.fail('append', 'positions');
  for (const n of [1, 2, 3]) await outcomeOf(dying.notifier.notify(to('1', n)));
  await dying.notifier.close();
  store.recover();
  await settle(10_000);
  expect(await numbers('1')).toEqual([1, 2, 3]);
  await other.notifier.close();
});

test('what comes while its channel waits goes behind it, other channels do not wait', async () => {
  const { store, log, start, numbers } = cluster();
  const { notifier } = await start();
  store.fail('append', 'positions');
  await outcomeOf(notifier.notify(to('1', 1)));
  log.before = () => new Promise(() => {});
  store.recover();
  await settle(200);
  const held = outcomeOf(notifier.notify(to('1', 2)));
  expect(await outcomeOf(notifier.notify(to('2', 1)))).toMatchObject({ stored: true });
  log.before = async () => {};
  await held;
  await settle(10_000);
  expect(await numbers('1')).toEqual([1, 2]);
  await notifier.close();
});

test('a channel is held for what is still on its way into the log', async () => {
  const { store, log, start, numbers } = cluster();
  const { notifier } = await start();
  store.fail('append', 'positions');
  await outcomeOf(notifier.notify(to('1', 1)));
  const held = gate();
  log.before = () => held.passed;
  const second = notifier.notify(to('1', 2));
  await settle();
  store.recover();
  await settle(3_000);
  expect(await numbers('1')).toEqual([1]);
  const third = outcomeOf(notifier.notify(to('1', 3)));
  await settle();
  held.open();
  await Promise.all([outcomeOf(second), third]);
  await settle(10_000);
  expect(await numbers('1')).toEqual([1, 2, 3]);
  await notifier.close();
});

test('what is sent without waiting reaches the log in its order, however long that takes for each', async () => {
  const { store, log, start } = cluster();
  const { notifier } = await start();
  store.fail('append', 'positions');
  await outcomeOf(notifier.notify(to('1', 0)));
  let ms = 100;
  log.before = () => {
    ms /= 2;
    return new Promise((resolve) => setTimeout(resolve, ms));
  };
  await outcomeOf(Promise.all([1, 2, 3].map((n) => notifier.notify(to('1', n)))));
  expect(log.records.map(({ dataJson }) => JSON.parse(dataJson).n)).toEqual([0, 1, 2, 3]);
  await notifier.close();
});

test('a busy channel is stored at once again when the store is back', async () => {
  const { store, log, start } = cluster();
  const { notifier } = await start();
  const states: string[] = [];
  notifier.on('store', ({ state }) => states.push(state));
  store.fail('append', 'positions');
  await outcomeOf(notifier.notify(to('1', 0)));
  store.recover();
  // How soon the store is asked whether it is back is left to chance.
  while (states.at(-1) !== 'up') await settle(1);
  const after = await outcomeOf(Promise.all([1, 2, 3].map((n) => notifier.notify(to('1', n)))));
  expect(after.at(-1)).toMatchObject({ stored: true });
  expect(log.records.length).toBeLessThan(5);
  await notifier.close();
});

test('a log that is away too makes notify reject, to be tried again', async () => {
  const { store, log, start, numbers } = cluster();
  const { notifier } = await start();
  store.fail('append', 'positions');
  log.before = logAway;
  const request = { ...to('1', 1), idempotencyKey: 'k' };
  const refused = outcomeOf(notifier.notify(request));
  await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  store.recover();
  await settle(10_000);
  await outcomeOf(notifier.notify(request));
  expect(await numbers('1')).toEqual([1]);
  await notifier.close();
});

test('health tells what waits in the log, and what keeps it from being used, until neither does', async () => {
  const { store, log, start } = cluster();
  const { notifier } = await start();
  const reasons = async () => (await notifier.health()).reasons;
  store.fail('append', 'positions');
  log.beforeAsking = logAway;
  await outcomeOf(notifier.notify(to('1', 1)));
  await outcomeOf(notifier.notify(to('2', 1)));
  // It is asked again every second.
  await settle(1_500);
  const waiting = 'write-back: 2 channels wait for the replay of the log';
  expect(await reasons()).toEqual([expect.any(String), waiting, 'write-back: no log today']);
  log.beforeAsking = async () => {};
  await outcomeOf(notifier.notify(to('2', 2)));
  expect(await reasons()).toEqual([expect.any(String), waiting]);
  log.before = logAway;
  await expect(outcomeOf(notifier.notify(to('1', 2)))).rejects.toThrow();
  expect(await reasons()).toEqual([expect.any(String), waiting, 'write-back: no log today']);
  store.recover();
  await settle(10_000);
  expect(await notifier.health()).toEqual({ status: 'ok', reasons: [] });
  await notifier.close();
});

test('a key in conflict is undelivered, and keeps nothing behind it from its turn', async () => {
  const { store, start, numbers } = cluster();
  const { notifier } = await start();
  const undelivered: unknown[] = [];
  notifier.on('undelivered', (each) => undelivered.push(each));
  await outcomeOf(notifier.notify({ ...to('1', 1), idempotencyKey: 'k' }));
  store.fail('append', 'positions');
  await outcomeOf(notifier.notify({ ...to('1', 2), idempotencyKey: 'k' }));
  await outcomeOf(notifier.notify(to('1', 3)));
  store.recover();
  await settle(10_000);
  expect(await numbers('1')).toEqual([1, 3]);
  expect(undelivered).toMatchObject([
    { request: { data: { n: 2 }, idempotencyKey: 'k' }, error: { code: 'IDEMPOTENCY_CONFLICT' } },
  ]);
  await notifier.close();
});

test('a node that only publishes logs and replays nothing', async () => {
  const { store, log, start, numbers } = cluster();
  const { notifier } = await start({ publishOnly: true });
  store.fail('append', 'positions');
  await outcomeOf(notifier.notify(to('1', 1)));
  store.recover();
  await settle(10_000);
  expect(log.replays).toEqual([]);
  // Its turn does not come: it goes behind the first, into the log.
  expect(await outcomeOf(notifier.notify(to('1', 2)))).toMatchObject({ buffered: true });
  const other = await start();
  await settle(1_000);
  expect(await numbers('1')).toEqual([1, 2]);
  await Promise.all([notifier.close(), other.notifier.close()]);
});

test('without a log it cannot be chosen', async () => {
  expect(() => testNotifier({ whenStoreDown: 'log' })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
  const { notifier } = testNotifier();
  await Promise.all([notifier.start(), settle()]);
  const notifying = notifier.notify({ ...to('1', 1), whenStoreDown: 'log' });
  await expect(notifying).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  await notifier.close();
});

test('outages, nodes that die, answers that are lost: each is stored once, in the order in which its node sent it', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constant('notify' as const),
        node: fc.nat(1),
        user: fc.constantFrom('1', '2'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constantFrom('fail', 'lose', 'recover', 'kill'),
        node: fc.nat(1),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
  );
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 40 }),
    async (steps) => {
      const { store, start, numbers } = cluster();
      const nodes = [await start(), await start()];
      const lives = [0, 1];
      let born = 1;
      const accepted: { readonly user: string; readonly n: number; readonly life: number }[] = [];
      const recover = (): void => {
        store.recover();
        store.after.clear();
      };
      for (const [n, each] of steps.entries()) {
        if (each.op === 'notify') {
          const sending = nodes[each.node]?.notifier.notify(to(each.user, n));
          await outcomeOf(Promise.resolve(sending));
          accepted.push({ user: each.user, n, life: lives[each.node] ?? -1 });
        } else if (each.op === 'wait') await settle(each.ms);
        else if (each.op === 'recover') recover();
        else if (each.op === 'fail') store.fail('append', 'positions');
        else if (each.op === 'lose') {
          // The store has it, and the answer does not come.
          store.after.set('append', async () => {
            store.after.clear();
            store.fail('append', 'positions');
            throw new Error('lost');
          });
        } else {
          await nodes[each.node]?.notifier.close();
          nodes[each.node] = await start();
          born += 1;
          lives[each.node] = born;
        }
      }
      recover();
      await settle(30_000);
      for (const user of ['1', '2']) {
        const log = await numbers(user);
        const sent = accepted.filter((each) => each.user === user);
        expect(log.toSorted((a, b) => a - b)).toEqual(sent.map(({ n }) => n));
        for (const life of new Set(sent.map((each) => each.life))) {
          const own = sent.filter((each) => each.life === life).map(({ n }) => n);
          expect(log.filter((n) => own.includes(n))).toEqual(own);
        }
      }
      await Promise.all(nodes.map(({ notifier }) => notifier.close()));
    },
  );
  await fc.assert(property, { numRuns: 40 });
}, 60_000);
