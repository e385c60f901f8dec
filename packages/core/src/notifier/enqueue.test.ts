import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';
import type { Undelivered } from './store-queue.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const toUser = { to: { user: '1' }, type: 'message', data: { n: 1 } } as const;

async function started(fields: Parameters<typeof testNotifier>[0] = {}) {
  const parts = testNotifier(fields);
  await Promise.all([parts.notifier.start(), settle()]);
  const undelivered: Undelivered[] = [];
  parts.notifier.on('undelivered', (each) => undelivered.push(each));
  return { ...parts, undelivered };
}

test('before start it throws NOT_STARTED, while draining and after close CLOSED', async () => {
  const { notifier, store } = testNotifier();
  const enqueue = () => notifier.enqueue(toUser);
  expect(enqueue).toThrow(expect.objectContaining({ code: 'NOT_STARTED' }));
  await Promise.all([notifier.start(), settle()]);
  store.before.set('append', () => new Promise(() => {}));
  enqueue();
  const draining = notifier.drain();
  expect(enqueue).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  await Promise.all([notifier.close(), draining]);
  expect(enqueue).toThrow(expect.objectContaining({ code: 'CLOSED' }));
});

test('what was enqueued is shown on this node, and told as notified', async () => {
  const { notifier, undelivered } = await started();
  const outlet = new RecordingOutlet();
  await Promise.all([attached(notifier, {}, outlet), settle()]);
  const notified: string[] = [];
  notifier.on('notified', ({ type, result }) => notified.push(`${type} ${result.id}`));
  const id = notifier.enqueue(toUser);
  await settle();
  expect(outlet.offsets('user:1')).toEqual([1]);
  expect(notified).toEqual([`message ${id}`]);
  expect(undelivered).toEqual([]);
  await notifier.close();
});

test('G6 drain finishes what was enqueued, to the broker, before it closes', async () => {
  const { notifier, broker, undelivered } = await started({ drainWindowMs: 0 });
  const count = broker.published.flat().length;
  const ids = Array.from({ length: 200 }, () => notifier.enqueue(toUser));
  await Promise.all([notifier.drain(), settle(1_000)]);
  expect(
    broker.published
      .flat()
      .slice(count)
      .filter(({ channel }) => channel === 'user:1')
      .map(({ id }) => id),
  ).toEqual(ids);
  expect(undelivered).toEqual([]);
  expect(broker.calls.at(-1)).toBe('close');
  expect(vi.getTimerCount()).toBe(0);
});

test('G10 close tells what it gives up, and leaves no timer', async () => {
  const { notifier, store, undelivered } = await started({
    unknownRecipients: () => new Promise(() => {}),
  });
  store.fail('append');
  const ids = [notifier.enqueue(toUser)];
  ids.push(notifier.enqueue({ ...toUser, to: { group: 'g' } }));
  const refused = expect(notifier.notify(toUser)).rejects.toMatchObject({ code: 'CLOSED' });
  await settle();
  await notifier.close();
  await refused;
  expect(undelivered.map(({ id, error }) => [id, error.code])).toEqual(
    ids.map((id) => [id, 'CLOSED']),
  );
  expect(vi.getTimerCount()).toBe(0);
});

test('the bounds are options', async () => {
  const { notifier, store } = await started({ maxEnqueued: 2 });
  store.fail('append');
  notifier.enqueue(toUser);
  notifier.enqueue(toUser);
  expect(() => notifier.enqueue(toUser)).toThrow(
    expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
  );
  await notifier.close();
});
