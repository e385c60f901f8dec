import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { gate } from '../test-doubles/gate.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingLogger } from '../test-doubles/recording-logger.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const toAll = { to: { all: true }, type: 'message', data: { n: 1 } } as const;

type Parts = ReturnType<typeof testNotifier>;

async function withStreams(parts: Parts, count: number) {
  await parts.notifier.start();
  const opening = Promise.all(
    Array.from({ length: count }, (_, index) => attached(parts.notifier, { userId: `${index}` })),
  );
  await settle();
  return opening;
}

/** Has a call wait; returns how to let it go on. */
function hold(before: Map<string, () => Promise<void>>, method: string): () => void {
  const { passed, open } = gate();
  before.set(method, () => passed);
  return open;
}

test('before start everything is refused as NOT_STARTED, after close as CLOSED', async () => {
  const { notifier } = testNotifier();
  const outlet = new RecordingOutlet();
  const attempts = () => [
    notifier.notify(toAll),
    notifier.history({ principal: { userId: '1' }, groups: [], limit: 1 }),
    notifier.attach({ principal: { userId: '1' }, groups: [], outlet, isGone: () => false }),
  ];
  for (const attempt of attempts()) {
    await expect(attempt).rejects.toMatchObject({ code: 'NOT_STARTED', retryable: true });
  }
  await notifier.start();
  await notifier.close();
  for (const attempt of attempts()) await expect(attempt).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(notifier.start()).rejects.toMatchObject({ code: 'CLOSED' });
  expect(outlet.said).toEqual([]);
});

test('starting twice, also at once, starts once', async () => {
  const { notifier, broker } = testNotifier();
  await Promise.all([notifier.start(), notifier.start()]);
  await notifier.start();
  expect(broker.calls).toEqual(['start']);
  await notifier.close();
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a start that failed rejects, and may be tried again', async () => {
  const { notifier, broker } = testNotifier();
  broker.before.set('start', async () => {
    throw new NotifyError('BROKER_CONFIGURATION', 'no such Kafka topic');
  });
  await expect(notifier.start()).rejects.toMatchObject({ code: 'BROKER_CONFIGURATION' });
  await expect(notifier.notify(toAll)).rejects.toMatchObject({ code: 'NOT_STARTED' });
  broker.before.clear();
  await notifier.start();
  expect(await notifier.health()).toMatchObject({ status: 'ok' });
});

test('G10 closed while it starts, it starts nothing more and leaves no timer', async () => {
  for (const method of ['store', 'broker'] as const) {
    // A store that would start after its close.
    const store = new ObservedStore(new MutableStore());
    const parts = { ...testNotifier({ store }), store };
    const release = hold(parts[method].before, 'start');
    const starting = parts.notifier.start();
    const refused = expect(starting).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
    await parts.notifier.close();
    release();
    await refused;
    expect(vi.getTimerCount()).toBe(0);
    expect(parts.broker.calls.includes('start')).toBe(method === 'broker');
    expect(parts.broker.calls.at(-1)).toBe('close');
  }
});

test('G10 no timer is left after close, whatever was going on', async () => {
  const parts = testNotifier();
  const { notifier, broker } = parts;
  await withStreams(parts, 3);
  hold(broker.before, 'publish');
  void notifier.notify(toAll);
  broker.sink.resync('link was down');
  await settle();
  await notifier.close();
  await settle(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('close ends every stream with a reason, closes broker and store once, and closed resolves', async () => {
  const parts = testNotifier();
  const { notifier, broker, store } = parts;
  const streams = await withStreams(parts, 3);
  const closeStore = vi.spyOn(store, 'close');
  await Promise.all([notifier.close(), notifier.close()]);
  await notifier.drain();
  await notifier.closed;
  for (const { outlet } of streams) {
    expect(outlet.closes).toEqual([{ code: 'CLOSED', returnMs: expect.any(Number) }]);
  }
  expect(notifier.emitters.size).toBe(0);
  expect(broker.calls.filter((call) => call === 'close')).toHaveLength(1);
  expect(closeStore).toHaveBeenCalledTimes(1);
});

test('closed resolves although broker and store fail to close', async () => {
  const { notifier, broker, store } = testNotifier();
  await notifier.start();
  broker.fail('close');
  store.fail('close');
  await notifier.close();
  await expect(notifier.closed).resolves.toBeUndefined();
});

test('await using closes it', async () => {
  const { notifier, broker } = testNotifier();
  await notifier.start();
  await notifier[Symbol.asyncDispose]();
  expect(broker.calls.at(-1)).toBe('close');
});

test('events tell of streams, notifications and the link; a listener that throws harms nobody', async () => {
  const logger = new RecordingLogger();
  const parts = testNotifier({ logger });
  const { notifier, broker } = parts;
  const told: string[] = [];
  notifier.on('attached', () => {
    throw new Error('host bug');
  });
  notifier.on('attached', ({ emitter }) => told.push(`attached ${emitter.principal.userId}`));
  notifier.on('detached', ({ reason }) => told.push(`detached ${reason?.code}`));
  const off = notifier.on('notified', ({ type, result }) => told.push(`${type} ${result.stored}`));
  notifier.on('broker', ({ state }) => told.push(state));
  const [one, two] = await withStreams(parts, 2);
  for (let time = 0; time < 2; time += 1) {
    await Promise.all([notifier.notify(toAll), settle()]);
    off();
  }
  one?.emitter.gone();
  const error = new NotifyError('BROKER_UNAVAILABLE', 'link lost');
  broker.sink.status({ state: 'up' });
  broker.sink.status({ state: 'down', error });
  broker.sink.status({ state: 'down', error });
  broker.sink.status({ state: 'up' });
  two?.emitter.close({ code: 'MAX_AGE', returnMs: 0 });
  expect(told).toEqual([
    'attached 0',
    'attached 1',
    'message true',
    'detached undefined',
    'down',
    'up',
    'detached MAX_AGE',
  ]);
  expect(logger.messages('error')).toEqual(['a listener threw', 'a listener threw']);
});
