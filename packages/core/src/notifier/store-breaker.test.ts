import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { memoryStore } from '../memory/memory-store.js';
import { sampleDraft } from '../test-doubles/envelopes.js';
import { gate } from '../test-doubles/gate.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingLogger } from '../test-doubles/recording-logger.js';
import { StoreBreaker, type StoreState } from './store-breaker.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 10) => vi.advanceTimersByTimeAsync(ms);

function parts() {
  const store = new ObservedStore(memoryStore());
  const logger = new RecordingLogger();
  const states: StoreState[] = [];
  const breaker = new StoreBreaker({
    appender: store,
    store,
    logger,
    probedChannel: 'all',
    told: (state) => states.push(state),
  });
  let n = 0;
  /** The outcome of one append to a channel. */
  const append = async (channel = 'user:1') => {
    n += 1;
    const [outcome] = await breaker.append([sampleDraft(channel, n)]);
    return outcome?.status === 'failed' ? outcome.error : outcome?.status;
  };
  const names = () => states.map(({ state }) => state);
  return { store, logger, states, names, breaker, append };
}

const unavailable = { code: 'STORE_UNAVAILABLE', retryable: true };

test('while the store is down appends are refused at once, with the last error, and one probe asks for it', async () => {
  const { store, breaker, append } = parts();
  store.fail('append', 'positions');
  expect(await append()).toMatchObject({ message: 'no append today' });
  await settle();
  const asked = store.appends.length;
  for (let i = 0; i < 100; i += 1) {
    expect(await append()).toMatchObject({
      ...unavailable,
      message: 'the store is down: no positions today',
      returnMs: expect.any(Number),
    });
  }
  expect(store.appends).toHaveLength(asked);
  expect(breaker.isDown).toBe(true);
  const probes = store.positionCalls.length;
  await settle(60_000);
  expect(store.positionCalls.length - probes).toBeLessThan(70);
  expect(store.positionCalls.length - probes).toBeGreaterThan(25);
  store.recover();
  await settle(2_000);
  expect(await append()).toBe('appended');
  expect(vi.getTimerCount()).toBe(0);
});

test('each change of the state is told once, and is one line of the log', async () => {
  const { store, states, names, logger, append } = parts();
  for (let outage = 0; outage < 2; outage += 1) {
    store.fail('append', 'positions');
    await Promise.all(Array.from({ length: 20 }, () => append()));
    await settle(30_000);
    store.recover();
    await settle(2_000);
    await append();
  }
  expect(names()).toEqual(['down', 'up', 'down', 'up']);
  expect(states[0]).toMatchObject({ error: unavailable });
  expect(logger.messages('warn')).toHaveLength(2);
  expect(logger.messages('info')).toHaveLength(2);
});

test('a store that does not answer at all is down within the time of one probe', async () => {
  const { store, names, append } = parts();
  const never = gate();
  store.before.set('positions', () => never.passed);
  store.before.set('append', async () => {
    throw new NotifyError('STORE_UNAVAILABLE', 'no answer within 5000 ms');
  });
  await append();
  expect(await append()).toMatchObject({ message: expect.stringMatching(/^the store is down/) });
  await settle(1_100);
  expect(names()).toEqual(['down']);
});

test('one append that fails while the store answers is no outage, and is not told', async () => {
  const { store, names, append } = parts();
  let isFirst = true;
  store.before.set('append', async () => {
    if (isFirst) throw new NotifyError('STORE_UNAVAILABLE', 'a key of ours holds something else');
  });
  await append('user:bad');
  isFirst = false;
  await settle(0);
  expect(await append()).toBe('appended');
  expect(names()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a channel of which every append fails does not keep the others from theirs', async () => {
  const { store, breaker, names, append } = parts();
  const inner = store.append.bind(store);
  store.append = async (drafts) => {
    if (drafts[0]?.channel === 'user:bad') throw new NotifyError('STORE_UNAVAILABLE', 'foreign');
    return inner(drafts);
  };
  for (let i = 0; i < 10; i += 1) {
    const bad = append('user:bad');
    expect(await append()).toBe('appended');
    await bad;
  }
  expect(breaker.failure).toBeUndefined();
  expect(names()).toEqual([]);
});

test('G9 where reads succeed and appends fail, one append at a time is tried, and the state does not flap', async () => {
  const { store, breaker, names, append } = parts();
  store.fail('append');
  await append();
  await settle(0);
  await append();
  expect(breaker.isDown).toBe(true);
  let trials = 0;
  for (let second = 0; second < 20; second += 1) {
    await settle(1_000);
    const before = store.appends.length;
    await Promise.all(Array.from({ length: 50 }, () => append()));
    trials += store.appends.length - before;
    expect(store.appends.length - before).toBeLessThanOrEqual(1);
  }
  expect(trials).toBeGreaterThan(5);
  expect(names()).toEqual(['down']);
  store.recover();
  await settle(2_000);
  const many = await Promise.all(Array.from({ length: 50 }, () => append()));
  expect(many.filter((each) => each === 'appended')).toHaveLength(1);
  expect(await append()).toBe('appended');
  expect(names()).toEqual(['down', 'up']);
});

test('appends that began before an outage was over say nothing about the time after it', async () => {
  const { store, names, append } = parts();
  const stuck = gate();
  store.before.set('append', () => stuck.passed);
  const late = append();
  store.fail('append', 'positions');
  await append();
  store.recover();
  await settle(2_000);
  expect(names()).toEqual(['down', 'up']);
  stuck.fail(new NotifyError('STORE_UNAVAILABLE', 'the connection was cut'));
  expect(await late).toMatchObject({ message: 'the connection was cut' });
  await settle(10_000);
  expect(names()).toEqual(['down', 'up']);
  expect(await append()).toBe('appended');
});

test('whatever a store throws is an outcome with its cause; that it is closed is thrown', async () => {
  const { store, breaker, append } = parts();
  const cause = new TypeError('a bug of the store');
  store.before.set('append', () => Promise.reject(cause));
  expect(await append()).toMatchObject({ ...unavailable, cause });
  await settle(0);
  await store.close();
  store.recover();
  await expect(append()).rejects.toMatchObject({ code: 'CLOSED' });
  breaker.close();
});

test('G10 close leaves no timer, and a probe that ends later makes none', async () => {
  const { store, breaker, names, append } = parts();
  store.fail('append', 'positions');
  await append();
  await settle();
  const pending = gate();
  store.before.set('positions', () => pending.passed);
  await settle(2_000);
  breaker.close();
  pending.fail(new NotifyError('STORE_UNAVAILABLE', 'cut'));
  await settle(2_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(names()).toEqual(['down']);
});
