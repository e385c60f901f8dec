import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 100) => vi.advanceTimersByTimeAsync(ms);

async function started(fields: Parameters<typeof testNotifier>[0] = { whenStoreDown: 'buffer' }) {
  const parts = testNotifier(fields);
  const { notifier, store } = parts;
  await Promise.all([notifier.start(), settle()]);
  const told: string[] = [];
  notifier.on('store', ({ state }) => told.push(state));
  notifier.on('notified', ({ result }) => told.push(`notified ${result.id}`));
  notifier.on('undelivered', ({ id, error }) => told.push(`undelivered ${id} ${error.code}`));
  const notify = async (n: number) => {
    const notifying = notifier.notify({ to: { user: '1' }, type: 'message', data: { n } });
    const [result] = await Promise.all([notifying, settle()]);
    return result;
  };
  const goDown = () => store.fail('append', 'positions', 'readAfter');
  return { ...parts, told, notify, goDown };
}

test('an outage is told, and shown by health with what waits; `notified` comes once it is stored', async () => {
  const { notifier, store, told, notify, goDown } = await started();
  goDown();
  const { id } = await notify(1);
  expect(told).toEqual(['down']);
  expect(await notifier.health()).toEqual({
    status: 'degraded',
    reasons: ['store: no positions today', 'store: 1 notifications wait to be stored'],
  });
  store.recover();
  await settle(2_000);
  expect(told).toEqual(['down', 'up', `notified ${id}`]);
  expect((await notifier.health()).status).toBe('ok');
  await notifier.close();
});

test('a store that answers reads and takes no appends degrades the node', async () => {
  const { notifier, store, notify } = await started();
  store.fail('append');
  await notify(1);
  await settle(1_000);
  const { status, reasons } = await notifier.health();
  expect(status).toBe('degraded');
  expect(reasons[0]).toBe('store: no append today');
  await notifier.close();
});

test('clients that show an id once see it at once and once more with its place; others then only', async () => {
  const { notifier, store, notify, goDown } = await started();
  const [plain, once] = [new RecordingOutlet(), new RecordingOutlet()];
  once.showsIdsOnce = true;
  for (const outlet of [plain, once]) await Promise.all([attached(notifier, {}, outlet), settle()]);
  goDown();
  await notify(1);
  const lines = ({ writes }: RecordingOutlet) => writes.flatMap((write) => write.lines);
  expect([lines(plain), lines(once)]).toEqual([[], ['user:1 null {"n":1}']]);
  store.recover();
  await settle(2_000);
  expect(lines(plain)).toEqual(['user:1 1 {"n":1}']);
  expect(lines(once)).toEqual(['user:1 null {"n":1}', 'user:1 1 {"n":1}']);
  await notifier.close();
});

test('drain waits for the store as long as for `enqueue`, then says what is left', async () => {
  const { notifier, told, notify, goDown } = await started();
  goDown();
  const { id } = await notify(1);
  const draining = notifier.drain();
  await settle(40_000);
  await draining;
  expect(told).toEqual(['down', `undelivered ${id} STORE_UNAVAILABLE`]);
  expect(vi.getTimerCount()).toBe(0);
});

test('G10 close tells what is left and leaves no timer', async () => {
  const { notifier, told, notify, goDown } = await started();
  goDown();
  const { id } = await notify(1);
  await notifier.close();
  expect(told).toEqual(['down', `undelivered ${id} CLOSED`]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a request may choose otherwise', async () => {
  const { notifier, goDown } = await started({ whenStoreDown: 'reject' });
  goDown();
  const request = { to: { user: '1' }, type: 'message', data: { n: 1 } } as const;
  const notifying = notifier.notify({ ...request, whenStoreDown: 'buffer' });
  const [result] = await Promise.all([notifying, settle()]);
  expect(result.buffered).toBe(true);
  await expect(notifier.notify(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await notifier.close();
});
