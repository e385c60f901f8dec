import { beforeEach, expect, test } from 'vitest';
import type { InboxChange, InboxPage, Notification } from './inbox-messages.js';
import { InboxView } from './inbox-view.js';

let view: InboxView;

beforeEach(() => {
  view = new InboxView();
});

const id = (offset: number, channel = 'user:u1') => `${channel}-${offset}`;

function notification(offset: number, rest: Partial<Notification> = {}): Notification {
  const channel = rest.channel ?? 'user:u1';
  const type = 'message';
  return {
    id: id(offset, channel),
    type,
    epoch: 'e',
    offset,
    time: offset,
    data: {},
    ...rest,
    channel,
  };
}

const unmarked = { seen: false, read: false, archived: false };

function page(rest: Partial<InboxPage> = {}): InboxPage {
  const version = { epoch: 'v', offset: 1 };
  const at = { 'user:u1': 0, all: 0 };
  const numbers = { unread: 0, unseen: 0, at, version };
  return { items: [], ...numbers, muted: [], next: null, cursor: 'c1', ...rest };
}

function change(offset: number, told: Partial<InboxChange>, epoch = 'v'): Notification {
  const at = { 'user:u1': 0, all: 0 };
  const data = { action: 'read', unread: 0, unseen: 0, at, ...told };
  return notification(offset, { channel: 'inbox:u1', type: 'inbox.changed', epoch, data });
}

const shown = () => view.state.items.map(({ offset, read }) => [offset, read]);

test('shows nothing and counts nothing before a page came, and then what came before it', () => {
  view.take(notification(3));
  expect(view.state).toMatchObject({ items: [], unread: 0, version: undefined, stale: false });
  view.load(page({ at: { 'user:u1': 2 }, unread: 1, unseen: 0 }));
  expect(shown()).toEqual([[3, false]]);
  expect(view.state).toMatchObject({ unread: 2, unseen: 1 });
});

test('a change may come before the notification that it marks', () => {
  view.load(page());
  view.take(change(2, { ids: [id(1)], at: { 'user:u1': 2 }, unread: 1, unseen: 1 }));
  view.take(notification(1));
  view.take(notification(2));
  expect(shown()).toEqual([
    [2, false],
    [1, true],
  ]);
  expect(view.state).toMatchObject({ unread: 1, unseen: 1, version: { offset: 2 } });
});

test('what was counted is not counted again, and what is repeated is nothing', () => {
  view.load(page());
  view.take(notification(1));
  expect(view.state.unread).toBe(1);
  view.take(notification(1));
  const before = view.state;
  view.take(change(1, { unread: 9 }));
  view.take(notification(2, { offset: null, epoch: null }));
  view.take(notification(2, { type: 'inbox.something' }));
  expect(view.state).toBe(before);
});

test('a change may count less than a page of an older version did', () => {
  const item = { ...notification(4), ...unmarked };
  view.load(page({ items: [item], at: { 'user:u1': 4 }, unread: 4, unseen: 4, next: 'c1' }));
  view.take(notification(3));
  view.take(change(2, { upTo: { 'user:u1': 2 }, at: { 'user:u1': 2 } }));
  expect(view.state).toMatchObject({ unread: 2, unseen: 2 });
  view.take(notification(3));
  view.take(notification(4));
  expect(view.state).toMatchObject({ unread: 2, items: [{ offset: 4 }] });
});

test('an older page brings newer numbers, their muted types among them', () => {
  view.load(page({ next: 'c1', at: { 'user:u1': 5 } }));
  view.take(notification(6, { type: 'promo' }));
  expect(view.state.unread).toBe(1);
  view.append(page({ at: { 'user:u1': 5 }, muted: ['promo'], version: { epoch: 'v', offset: 2 } }));
  expect(view.state).toMatchObject({ unread: 0, next: null, version: { offset: 2 } });
});

test('an older page that was read before a change has it done to it', () => {
  view.load(page({ next: 'c1', at: { 'user:u1': 5 } }));
  view.take(change(2, { upTo: { 'user:u1': 2 }, at: { 'user:u1': 5 } }));
  const items = [3, 2].map((offset) => ({ ...notification(offset), ...unmarked }));
  view.append(page({ items, at: { 'user:u1': 5 } }));
  expect(shown()).toEqual([
    [3, false],
    [2, true],
  ]);
});

test('of an older page nothing is taken that was left meanwhile', () => {
  view.load(page({ next: 'c1', at: { 'user:u1': 5, 'group:g': 2 } }));
  view.take(change(2, { action: 'left', groups: ['g'], at: { 'user:u1': 5 } }));
  view.take(change(3, { action: 'joined', groups: ['g'], at: { 'user:u1': 5, 'group:g': 3 } }));
  const item = { ...notification(2, { channel: 'group:g' }), ...unmarked };
  view.append(page({ items: [item], at: { 'user:u1': 5, 'group:g': 2 } }));
  expect(shown()).toEqual([]);
});

test('an item that a page repeats keeps what is known of it', () => {
  const item = { ...notification(1), ...unmarked };
  view.load(page({ items: [item], next: 'c1', at: { 'user:u1': 1 } }));
  view.take(change(2, { ids: [id(1)], at: { 'user:u1': 1 } }));
  const before = view.state.items[0];
  view.append(page({ items: [item], next: null, at: { 'user:u1': 1 } }));
  expect(view.state.items[0]).toBe(before);
  expect(before?.read).toBe(true);
});

test('asks to be loaded anew where it cannot know, and only until it is', () => {
  const reasons: (() => void)[] = [
    () => view.lost(),
    () => view.take(change(3, { ids: [] })),
    () => view.take(change(1, { ids: [] }, 'another')),
    () => view.take(change(2, { action: 'unmuted', type: 'promo' })),
    () => view.take(change(2, { action: 'unarchived', ids: ['nobody knows'] })),
    () => view.take(change(2, { action: 'unarchived', upTo: { all: 3 } })),
    () => {
      view.take(notification(1));
      view.take(notification(2, { epoch: 'another' }));
    },
  ];
  for (const reason of reasons) {
    view.load(page());
    expect(view.state.stale).toBe(false);
    reason();
    expect(view.state.stale, `${reason}`).toBe(true);
    view.load(page({ version: { epoch: 'v', offset: 9 } }));
    expect(view.state.stale, `${reason}`).toBe(false);
    view = new InboxView();
  }
});

test('what a log has lost does not come back by a page that cannot know it', () => {
  view.load(page());
  view.take(notification(9));
  view.take(notification(6, { epoch: 'another', id: 'new' }));
  view.load(page({ at: { 'user:u1': 5 } }));
  expect(view.state).toMatchObject({ unread: 1, items: [{ id: 'new' }], stale: false });
  view.lost();
  view.take(notification(8, { epoch: 'another', id: 'newer' }));
  view.load(page({ at: { 'user:u1': 5 } }));
  expect(view.state.items).toMatchObject([{ id: 'newer' }]);
});

test('numbers of a change in another life of the log count, too', () => {
  view.load(page({ unread: 5 }));
  view.take(change(1, { unread: 2 }, 'another'));
  expect(view.state).toMatchObject({ unread: 2, version: { epoch: 'another' } });
});

test('keeps so many only, and says so', () => {
  view = new InboxView({ maxKept: 3 });
  view.load(page());
  for (let offset = 1; offset <= 3; offset += 1) view.take(notification(offset));
  expect(view.state.stale).toBe(false);
  view.take(notification(4));
  expect(view.state).toMatchObject({ unread: 3, stale: true });
  expect(shown().map(([offset]) => offset)).toEqual([4, 3, 2]);
  view.load(page({ at: { 'user:u1': 4 } }));
  for (let offset = 2; offset <= 4; offset += 1) view.take(change(offset, { ids: [] }));
  expect(view.state.stale).toBe(false);
  view.take(change(5, { ids: [] }));
  expect(view.state.stale).toBe(true);
});

test('says so, too, where it cannot count what came any more', () => {
  view = new InboxView({ maxKept: 3 });
  view.load(page({ at: { 'user:u1': 5 } }));
  view.take(change(2, { ids: [], at: { 'user:u1': 1 } }));
  for (let offset = 2; offset <= 4; offset += 1) view.take(notification(offset));
  expect(view.state).toMatchObject({ unread: 3, items: [], stale: false });
  view.take(notification(5));
  expect(view.state.stale).toBe(true);
});

test('what is of no channel of the inbox takes no room that the inbox needs', () => {
  view = new InboxView({ maxKept: 3 });
  view.load(page());
  for (let offset = 1; offset <= 9; offset += 1) {
    view.take(notification(offset, { channel: 'group:other' }));
  }
  expect(view.state).toMatchObject({ items: [], unread: 0, stale: false });
});

test('tells every listener of every change, also where one throws', () => {
  const told: number[] = [];
  const off = view.on('change', () => {
    throw new Error('a fault of the host');
  });
  view.on('change', ({ unread }) => told.push(unread));
  expect(() => view.load(page({ unread: 1 }))).toThrow('a fault of the host');
  off();
  view.take(notification(1));
  view.take(notification(1));
  expect(told).toEqual([1, 2]);
});

test('an item is the same object until it changes', () => {
  view.load(page());
  view.take(notification(1));
  const [first] = view.state.items;
  view.take(notification(2));
  expect(view.state.items[1]).toBe(first);
  view.take(change(2, { ids: [id(1)], at: { 'user:u1': 1 } }));
  expect(view.state.items[1]).not.toBe(first);
});
