import { expect, test } from 'vitest';
import { ChannelNames } from '../channels/channel-names.js';
import { memoryStore } from '../memory/memory-store.js';
import { originPosition } from '../positions/position.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { Admission } from './admission.js';
import type { EscalationWork } from './escalation-work.js';
import { UserStates } from './user-states.js';

const limits = { limit: 3, windowMs: 60_000 };

function nodesOn(store: ObservedStore, count: number): readonly Admission[] {
  const channelNames = new ChannelNames();
  const context = { store, appender: store, channelNames };
  return Array.from({ length: count }, () => new Admission(new UserStates(context)));
}

const single: EscalationWork = {
  ...{ rule: 'r', userId: 'u1', about: { id: '1', time: 1 }, calls: 0, leases: 0, looks: 0 },
  ...{ isUnsure: false, isThrough: false },
};

async function isCalled(admission: Admission | undefined, medium: string) {
  const applicant = { rule: { name: 'r', medium, types: [] }, work: single };
  return (await admission?.admit(applicant, { is: 'new' }, { limits }))?.is === 'called';
}

test('nodes that ask at once get so many together, each medium for itself', async () => {
  const store = new ObservedStore(memoryStore());
  // What was read is old by the time it is written.
  store.after.set('states', () => new Promise((resolve) => setImmediate(resolve)));
  const nodes = nodesOn(store, 4);
  const ask = (medium: string) =>
    Promise.all([...nodes, ...nodes].map((node) => isCalled(node, medium)));
  for (const medium of ['mail', 'sms']) {
    expect((await ask(medium)).filter(Boolean)).toHaveLength(3);
  }
});

test('what another program left there counts as nothing', async () => {
  const store = new ObservedStore(memoryStore());
  const change = { from: originPosition, stateJson: '[1' };
  const draft = { channel: 'escalation:u1', id: 'i', type: 't', time: 1, dataJson: '1', change };
  await store.append([draft]);
  const [node] = nodesOn(store, 1);
  expect(await isCalled(node, 'mail')).toBe(true);
});

test('a store that is away is said to be', async () => {
  const store = new ObservedStore(memoryStore());
  const [node] = nodesOn(store, 1);
  store.fail('states');
  await expect(isCalled(node, 'mail')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
});
