import { expect, test } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { silentLogger } from '../ports/logger.js';
import { gate } from '../test-doubles/gate.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { attached, SharedStore, testNotifier } from '../test-doubles/notifier-parts.js';

type Options = Parameters<typeof testNotifier>[0];

async function node(options: Options = {}) {
  const parts = testNotifier({ inbox: {}, ...options });
  await parts.notifier.start();
  return parts;
}

const toUser = { to: { user: '1' }, type: 'message', data: { n: 1 } } as const;
const toGroup = { to: { group: 'g' }, type: 'message', data: { n: 1 } } as const;
const unavailable = { code: 'STORE_UNAVAILABLE' };

test('without the option there is none, and streams follow no channel of it', async () => {
  const { notifier } = await node({ inbox: undefined });
  const invalid = expect.objectContaining({ code: 'OPTIONS_INVALID' });
  expect(() => notifier.inbox('1')).toThrow(invalid);
  const { emitter } = await attached(notifier);
  expect(emitter.channels).toEqual(['user:1', 'all']);
  await notifier.close();
});

test('a stream of a user follows the inbox, one of nobody does not', async () => {
  const { notifier } = await node();
  const { emitter } = await attached(notifier, { groups: ['g'] });
  expect(emitter.channels).toEqual(['user:1', 'group:g', 'all', 'inbox:1']);
  const { emitter: anonymous } = await attached(notifier, { userId: null });
  expect(anonymous.channels).toEqual(['all']);
  await notifier.close();
});

test('the channel of the inbox is extra to the channels that a stream may follow', async () => {
  const { notifier } = await node({ maxChannelsPerEmitter: 3 });
  const { emitter } = await attached(notifier, { groups: ['g'] });
  const follow = notifier.follow(emitter, 'h', undefined, () => {});
  await expect(follow).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  const refused = expect.objectContaining({ code: 'OPTIONS_INVALID' });
  expect(() => testNotifier({ inbox: {}, maxChannelsPerEmitter: 34 })).toThrow(refused);
  expect(() => testNotifier({ inbox: { maxItems: 0 } })).toThrow(refused);
  await notifier.close();
});

test('a group followed later is joined before it is shown', async () => {
  const { notifier } = await node();
  const { emitter } = await attached(notifier);
  await notifier.notify(toGroup);
  await notifier.follow(emitter, 'g', undefined, () => {});
  const { id } = await notifier.notify(toGroup);
  const { items } = await notifier.inbox('1').list();
  expect(items.map(({ notification }) => notification.id)).toEqual([id]);
  await notifier.close();
});

test('a connect whose inbox is joined costs one read of the state and no append', async () => {
  const { notifier, store } = await node();
  await attached(notifier);
  const appends = store.appends.length;
  await attached(notifier);
  expect(store.appends).toHaveLength(appends);
  await notifier.close();
});

test('while the store is away calls fail with what it says, and nothing has changed after', async () => {
  const { notifier, store } = await node();
  const { id } = await notifier.notify(toUser);
  const inbox = notifier.inbox('1');
  await inbox.counts();
  store.fail('append');
  await expect(inbox.markRead({ ids: [id] })).rejects.toMatchObject(unavailable);
  store.fail('states');
  await expect(inbox.list()).rejects.toMatchObject(unavailable);
  await expect(inbox.counts()).rejects.toMatchObject(unavailable);
  store.recover();
  expect(await inbox.counts()).toMatchObject({ unread: 1 });
  await notifier.close();
});

test('who loses every race is told so in the end', async () => {
  const shared = memoryStore();
  const store = new SharedStore(shared);
  const { notifier } = await node({ store });
  const inbox = notifier.inbox('1');
  await notifier.notify(toUser);
  await inbox.counts();
  const { notifier: faster } = await node({ store: new SharedStore(shared) });
  let tries = 0;
  store.before.set('append', async () => {
    tries += 1;
    await faster.inbox('1').mute(`t${tries}`);
  });
  const moved = { code: 'HEAD_MOVED', retryable: true };
  await expect(inbox.markRead({ all: true })).rejects.toMatchObject(moved);
  expect(tries).toBe(20);
  store.recover();
  expect(await inbox.markRead({ all: true })).toMatchObject({ unread: 0 });
  await faster.close();
  await notifier.close();
});

test('a drain waits for a change under way, and takes no more', async () => {
  const { notifier, store } = await node();
  const inbox = notifier.inbox('1');
  await inbox.counts();
  const { passed, open } = gate();
  store.before.set('append', () => passed);
  const marking = inbox.mute('message');
  const draining = notifier.drain();
  await expect(inbox.mute('other')).rejects.toMatchObject({ code: 'CLOSED' });
  open();
  expect(await marking).toMatchObject({ unread: 0 });
  await draining;
  await expect(inbox.list()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a store that lost notifications: what stands in their places is new', async () => {
  const store = new MutableStore();
  const { notifier } = await node({ store });
  const inbox = notifier.inbox('1');
  for (let i = 0; i < 3; i += 1) await notifier.notify(toUser);
  await inbox.markRead({ all: true });
  store.loseAfter('user:1', 1);
  await store.renewEpoch('user:1', (await store.positions(['user:1']))[0]?.epoch ?? '');
  expect(await inbox.counts()).toMatchObject({ unread: 1, unseen: 1 });
  await notifier.close();
});

test.each<[string, () => Promise<readonly string[]> | readonly string[]]>([
  ['rejects', () => Promise.reject(new Error('no database'))],
  ['answers too late', () => new Promise(() => {})],
  // @ts-expect-error an untyped host may answer anything
  ['answers something else', () => 'g'],
  // @ts-expect-error an untyped host may answer anything
  ['names no text', () => [1]],
  ['names what cannot be a group', () => ['']],
])('where `groupsOf` %s nothing is shown that could be wrong', async (_, groupsOf) => {
  const { notifier } = await node({ inbox: { groupsOf, groupsWaitMs: 20 } });
  const failed = { code: 'GROUPS_UNAVAILABLE', retryable: true };
  await expect(notifier.inbox('1').list()).rejects.toMatchObject(failed);
  await expect(attached(notifier)).rejects.toMatchObject(failed);
  await notifier.close();
});

test('the group joined first makes room', async () => {
  const { notifier } = await node({ inbox: { maxGroups: 2 } });
  for (const group of ['a', 'b', 'c']) await notifier.inbox('1', { groups: [group] }).counts();
  const { at } = await notifier.inbox('1').counts();
  expect(Object.keys(at)).toEqual(['user:1', 'group:b', 'group:c', 'all']);
  await notifier.close();
});

test('of too many that the host names some are in the inbox, in whatever order it names them', async () => {
  let groups = ['a', 'b', 'c'];
  const warned: unknown[] = [];
  const logger = { ...silentLogger, warn: (facts: object) => void warned.push(facts) };
  const { notifier } = await node({ logger, inbox: { maxGroups: 2, groupsOf: () => groups } });
  const channels = async () => Object.keys((await notifier.inbox('1').counts()).at).toSorted();
  expect(await channels()).toEqual(['all', 'group:a', 'group:b', 'user:1']);
  expect(warned).toEqual([{ userId: '1', groups: 3, maxGroups: 2 }]);
  groups = ['c', 'b', 'a'];
  expect(await channels()).toEqual(['all', 'group:a', 'group:b', 'user:1']);
  groups = ['c', 'b'];
  expect(await channels()).toEqual(['all', 'group:b', 'group:c', 'user:1']);
  await attached(notifier);
  await notifier.close();
});

test('what is kept of a user takes no more room, however much is marked', async () => {
  const { notifier, store } = await node({ inbox: { maxItems: 64 } });
  const inbox = notifier.inbox('1');
  for (let i = 0; i < 600; i += 1) {
    const { id } = await notifier.notify(toUser);
    if (i % 2 === 0) await inbox.archive({ ids: [id] });
  }
  const [state] = await store.states(['inbox:1']);
  expect(state?.stateJson?.length).toBeLessThan(300);
  await notifier.close();
});

test('what was seen in any way is told to whoever asks', async () => {
  const { notifier } = await node({ store: memoryStore() });
  const inbox = notifier.inbox('1');
  const ids: string[] = [];
  for (let i = 0; i < 6; i += 1) ids.push((await notifier.notify(toUser)).id);
  const [seen = '', read = '', archived = '', removed = '', not = ''] = ids;
  await inbox.markSeen({ ids: [seen] });
  await inbox.markRead({ ids: [read] });
  await inbox.archive({ ids: [archived] });
  await inbox.remove({ ids: [removed] });
  const asked = [seen, read, archived, removed, not, 'unknown'];
  expect(await inbox.seen(asked)).toEqual(new Set([seen, read, archived, removed]));
  await notifier.close();
});
