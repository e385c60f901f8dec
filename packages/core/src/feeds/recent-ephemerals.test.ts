import { expect, test } from 'vitest';
import type { Envelope } from '../notification/notification.js';
import { RecentEphemerals } from './recent-ephemerals.js';

const ephemeral = (id: string, channel = 'user:u1'): Envelope => ({
  ...{ id, channel, type: 'note', time: 1, dataJson: '{}' },
  ...{ epoch: null, offset: null },
});

test('an id is new once per channel', () => {
  const recent = new RecentEphemerals(10);
  expect(recent.add(ephemeral('a'))).toBe(true);
  expect(recent.add(ephemeral('a'))).toBe(false);
  expect(recent.add(ephemeral('a', 'user:u2'))).toBe(true);
});

test('the oldest are forgotten first', () => {
  const recent = new RecentEphemerals(2);
  for (const id of ['a', 'b', 'c']) recent.add(ephemeral(id));
  expect(['c', 'b', 'a'].map((id) => recent.add(ephemeral(id)))).toEqual([false, false, true]);
});
