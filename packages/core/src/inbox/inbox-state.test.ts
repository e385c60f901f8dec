import { expect, test } from 'vitest';
import { ChannelMarks } from './channel-marks.js';
import { InboxState } from './inbox-state.js';

test('a state is read as it was written, in the order of joining', () => {
  const state = InboxState.parse(null);
  state.muted.add('promo');
  for (const channel of ['group:10', 'group:9', 'user:1', 'all', '__proto__']) {
    state.channels.set(channel, ChannelMarks.none('e1', 4));
  }
  const again = InboxState.parse(state.toJson());
  expect([...again.channels.keys()]).toEqual([...state.channels.keys()]);
  expect(again.toJson()).toBe(state.toJson());
});

const marks = ChannelMarks.none('e1', 4).toJson();
test.each([
  '',
  '[]',
  'null',
  '{"v":2,"muted":[],"channels":[]}',
  '{"v":1,"muted":[]}',
  JSON.stringify({ v: 1, muted: [], channels: [['all', { ...marks, read: '-1' }]] }),
  JSON.stringify({ v: 1, muted: [], channels: [['all', { ...marks, later: true }]] }),
])('what another version or program wrote is refused, not overwritten: %s', (text) => {
  const unreadable = expect.objectContaining({ code: 'INBOX_UNREADABLE', retryable: false });
  expect(() => InboxState.parse(text)).toThrow(unreadable);
});
