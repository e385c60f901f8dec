import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { gate } from '../test-doubles/gate.js';
import { testNotifier } from '../test-doubles/notifier-parts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a node is starting, ok, then draining', async () => {
  const { notifier } = testNotifier();
  expect((await notifier.health()).status).toBe('starting');
  await notifier.start();
  await vi.advanceTimersByTimeAsync(100);
  const timers = vi.getTimerCount();
  expect(await notifier.health()).toEqual({ status: 'ok', reasons: [] });
  expect(vi.getTimerCount()).toBe(timers);
  await notifier.close();
  expect((await notifier.health()).status).toBe('draining');
});

test('a part that does not answer degrades the node, and the reason names it', async () => {
  const { notifier, broker, store } = testNotifier();
  await notifier.start();
  broker.fail('probe');
  expect(await notifier.health()).toEqual({
    status: 'degraded',
    reasons: ['broker: no probe today'],
  });
  store.fail('positions');
  expect((await notifier.health()).reasons).toHaveLength(2);
  broker.before.clear();
  store.recover();
  expect((await notifier.health()).status).toBe('ok');
});

test('a part that hangs degrades the node within a bounded time, and leaves no timer', async () => {
  const { notifier, broker } = testNotifier();
  await notifier.start();
  await vi.advanceTimersByTimeAsync(100);
  const timers = vi.getTimerCount();
  const answer = gate();
  broker.before.set('probe', () => answer.passed);
  const asking = notifier.health();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await asking).toEqual({ status: 'degraded', reasons: ['broker: no answer'] });
  expect(vi.getTimerCount()).toBe(timers);
  // Too late: nobody is waiting, and nobody is harmed.
  answer.fail(new Error('late'));
  await vi.advanceTimersByTimeAsync(1);
});

test('a node whose broker is away for longer than `deafAfterMs` is deaf until the link is back; by default it never is', async () => {
  const { notifier, broker } = testNotifier({ deafAfterMs: 30_000 });
  const other = testNotifier();
  for (const each of [{ notifier, broker }, other]) {
    await each.notifier.start();
    each.broker.fail('probe');
    each.broker.sink.status({
      state: 'down',
      error: new NotifyError('BROKER_UNAVAILABLE', 'away'),
    });
  }
  await vi.advanceTimersByTimeAsync(29_999);
  expect((await notifier.health()).status).toBe('degraded');
  await vi.advanceTimersByTimeAsync(1);
  expect(await notifier.health()).toEqual({ status: 'deaf', reasons: ['broker: no probe today'] });
  expect((await other.notifier.health()).status).toBe('degraded');
  broker.before.clear();
  broker.sink.status({ state: 'up' });
  expect((await notifier.health()).status).toBe('ok');
});
