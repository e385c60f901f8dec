import { expect, test } from 'vitest';
import { ChannelNames } from '../channels/channel-names.js';
import { memoryStore } from '../memory/memory-store.js';
import { originPosition } from '../positions/position.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { ThrottleSlots } from './throttle-slots.js';

const limits = { limit: 3, windowMs: 60_000 };

function nodesOn(store: ObservedStore, count: number): readonly ThrottleSlots[] {
  const channelNames = new ChannelNames();
  return Array.from(
    { length: count },
    () => new ThrottleSlots({ store, appender: store, channelNames }),
  );
}

test('nodes that ask at once get so many together, each medium for itself', async () => {
  const store = new ObservedStore(memoryStore());
  // What was read is old by the time it is written.
  store.after.set('states', () => new Promise((resolve) => setImmediate(resolve)));
  const nodes = nodesOn(store, 4);
  const ask = (medium: string) =>
    Promise.all([...nodes, ...nodes].map((slots) => slots.take('u1', medium, limits)));
  const waits = await ask('mail');
  expect(waits.filter((ms) => ms === 0)).toHaveLength(3);
  for (const ms of waits) expect(ms).toBeLessThanOrEqual(60_000);
  expect((await ask('sms')).filter((ms) => ms === 0)).toHaveLength(3);
});

test('what another program left there counts as nothing', async () => {
  const store = new ObservedStore(memoryStore());
  const change = { from: originPosition, stateJson: '[1' };
  const draft = { channel: 'escalation:u1', id: 'i', type: 't', time: 1, dataJson: '1', change };
  await store.append([draft]);
  const [slots] = nodesOn(store, 1);
  expect(await slots?.take('u1', 'mail', limits)).toBe(0);
});

test('a store that is away is said to be', async () => {
  const store = new ObservedStore(memoryStore());
  const [slots] = nodesOn(store, 1);
  store.fail('states');
  await expect(slots?.take('u1', 'mail', limits)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
});
