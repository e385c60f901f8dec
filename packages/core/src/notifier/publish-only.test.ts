import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryBroker } from '../memory/memory-broker.js';
import { MemoryBus } from '../memory/memory-bus.js';
import { memoryStore } from '../memory/memory-store.js';
import {
  attached,
  SharedStore,
  testCatalogue,
  testNotifier,
} from '../test-doubles/notifier-parts.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';
import { createNotifier } from './notifier.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const toUser = { to: { user: '1' }, type: 'message', data: { n: 1 } } as const;

test('the broker is told, nothing is subscribed, and no timer runs', async () => {
  const { notifier, broker, store } = testNotifier({ publishOnly: true });
  await notifier.start();
  expect(broker.startedWith).toMatchObject({ publishOnly: true });
  expect(vi.getTimerCount()).toBe(0);
  await Promise.all([notifier.notify(toUser), settle()]);
  notifier.enqueue(toUser);
  await settle(60_000);
  expect(await notifier.health()).toEqual({ status: 'ok', reasons: [] });
  await Promise.all([notifier.drain(), settle()]);
  expect(new Set(broker.calls)).toEqual(new Set(['start', 'publish', 'probe', 'drain', 'close']));
  expect(broker.published.flat()).toHaveLength(2);
  // Health asks once; nothing else does.
  expect(store.positionCalls).toHaveLength(1);
  expect(store.reads).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('other nodes are started to take part in full', async () => {
  const { notifier, broker } = testNotifier();
  await Promise.all([notifier.start(), settle()]);
  expect(broker.startedWith?.publishOnly).not.toBe(true);
  await notifier.close();
});

test('streams are refused, history is not', async () => {
  const { notifier } = testNotifier({ publishOnly: true });
  await notifier.start();
  const principal = { userId: '1' };
  const attaching = attached(notifier);
  await expect(attaching).rejects.toMatchObject({ code: 'PUBLISH_ONLY', retryable: false });
  await expect(notifier.revoke({ userId: '1' })).rejects.toMatchObject({ code: 'PUBLISH_ONLY' });
  const other = testNotifier().notifier;
  await Promise.all([other.start(), settle()]);
  const [{ emitter }] = await Promise.all([attached(other), settle()]);
  await expect(notifier.follow(emitter, 'g', undefined, () => {})).rejects.toMatchObject({
    code: 'PUBLISH_ONLY',
  });
  await Promise.all([notifier.notify(toUser), settle()]);
  const { items } = await notifier.history({ principal, groups: [], limit: 10 });
  expect(items).toHaveLength(1);
  await Promise.all([notifier.close(), other.close()]);
});

test('G1 what it publishes reaches clients of other nodes, in the order of enqueue', async () => {
  const bus = new MemoryBus();
  const store = new SharedStore(memoryStore(), true);
  const node = (publishOnly: boolean) =>
    testNotifier({ store, broker: memoryBroker({ bus }), publishOnly }).notifier;
  const [server, job] = [node(false), node(true)];
  await Promise.all([server.start(), job.start(), settle()]);
  const outlet = new RecordingOutlet();
  await Promise.all([attached(server, {}, outlet), settle()]);
  for (let n = 0; n < 20; n += 1) job.enqueue({ ...toUser, data: { n } });
  await Promise.all([job.drain(), settle()]);
  expect(outlet.offsets('user:1')).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  await server.close();
});

test('alone, on a memory broker and store, it works for nobody', async () => {
  const notifier = createNotifier({ catalogue: testCatalogue, publishOnly: true });
  await notifier.start();
  const [result] = await Promise.all([notifier.notify(toUser), settle()]);
  expect(result).toMatchObject({ stored: true, published: true });
  await Promise.all([notifier.drain(), settle()]);
  await notifier.closed;
});
