import { expect, test } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { testCatalogue, testNotifier } from '../test-doubles/notifier-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import { createNotifier, Notifier } from './notifier.js';

test('an unknown option is refused by name', () => {
  // Not a literal, so that it passes the type check as it would from an untyped caller.
  const options = { catalogue: testCatalogue, maxChanels: 3 };
  expect(() => createNotifier(options)).toThrow(
    expect.objectContaining({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/createNotifier.*maxChanels/),
    }),
  );
});

test.each([
  { maxDataBytes: 0 },
  { maxUsers: 1.5 },
  { pageItems: 0 },
  { reorderMs: 0 },
  { drainWindowMs: -1 },
  { positionCheckMs: Number.NaN },
  { nodeId: '' },
  { nodeId: 'a b' },
  { nodeId: 'n'.repeat(101) },
  // 35 of the longest positions would not fit into a cursor that we take back.
  { maxChannelsPerEmitter: 35 },
])('%j is refused', (options) => {
  const name = Object.keys(options)[0] ?? '';
  expect(() => testNotifier(options)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(name) }),
  );
});

test('channel names that could be mistaken are refused', () => {
  expect(() => testNotifier({ channelNames: { userPrefix: 'x', groupPrefix: 'xy' } })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
});

test('a broker that joins nodes with a store that they do not share is refused', () => {
  const remote = new RecordingBroker({ remote: true });
  expect(() => createNotifier({ catalogue: testCatalogue, broker: remote })).toThrow(
    expect.objectContaining({ code: 'STORE_NOT_SHARED' }),
  );
  const shared = new ObservedStore(memoryStore(), true);
  expect(() =>
    createNotifier({ catalogue: testCatalogue, broker: remote, store: shared }),
  ).not.toThrow();
});

test('a node has a name of its own unless it is given one', () => {
  const ids = [1, 2].map(() => createNotifier({ catalogue: testCatalogue }).nodeId);
  expect(ids[0]).not.toBe(ids[1]);
  expect(testNotifier({ nodeId: 'node-1' }).notifier.nodeId).toBe('node-1');
});

test('nothing is connected and no timer runs before start', () => {
  const { broker, store } = testNotifier();
  expect(broker.calls).toEqual([]);
  expect(store.positionCalls).toEqual([]);
});

test('a catalogue that is none is OPTIONS_INVALID, not a TypeError at the first notify', () => {
  for (const catalogue of [undefined, {}, { message: {} }]) {
    const options: object = { catalogue };
    expect(() => Reflect.construct(Notifier, [options])).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  }
});
