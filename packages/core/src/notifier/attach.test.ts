import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseCursor } from '../positions/cursor.js';
import { NO_EPOCH } from '../positions/position.js';
import { offsetIn } from '../test-doubles/emitter-parts.js';
import { appendMany } from '../test-doubles/envelopes.js';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);

async function started(fields: Parameters<typeof testNotifier>[0] = {}) {
  const parts = testNotifier(fields);
  await parts.notifier.start();
  const attach = async (
    request: Parameters<typeof attached>[1] = {},
    outlet = new RecordingOutlet(),
  ) => {
    const attaching = attached(parts.notifier, request, outlet);
    const settled = Promise.allSettled([attaching]);
    await settle();
    await settled;
    return attaching;
  };
  return { ...parts, attach };
}

test('a stream is told ready at once, with the incoming positions of all its channels', async () => {
  const { store, attach } = await started();
  await appendMany(store, 'group:a', 3);
  const { emitter, outlet } = await attach({ groups: ['a', 'a'] });
  expect(emitter.channels).toEqual(['user:1', 'group:a', 'all']);
  expect(outlet.said).toHaveLength(1);
  const [said] = outlet.readies;
  expect(said?.ready).toMatchObject({ userId: '1', recovered: true });
  expect(
    [...(said?.ready.channels ?? [])].map(([channel, { offset }]) => [channel, offset]),
  ).toEqual([
    ['user:1', 0],
    ['group:a', 3],
    ['all', 0],
  ]);
  expect(parseCursor(said?.cursor ?? '').size).toBe(3);
});

test('an anonymous client follows all, and no user', async () => {
  const { notifier, attach } = await started();
  const { emitter } = await attach({ userId: null });
  expect(emitter.channels).toEqual(['all']);
  expect([notifier.emitters.size, notifier.emitters.userCount]).toEqual([1, 0]);
});

test('G3 a stream that resumes gets what it missed after ready, then what comes', async () => {
  const { notifier, attach } = await started();
  const first = await attach({ groups: ['a'] });
  const cursor = first.emitter.cursor();
  first.emitter.gone();
  for (let n = 1; n <= 3; n += 1) {
    await Promise.all([
      notifier.notify({ to: { group: 'a' }, type: 'message', data: { n } }),
      notifier.notify({ to: { user: '1' }, type: 'message', data: { n } }),
      settle(),
    ]);
  }
  const { emitter, outlet } = await attach({ groups: ['a'], cursor });
  await settle();
  expect(outlet.said[0]).toMatchObject({ kind: 'ready', ready: { recovered: true } });
  expect(offsetIn(outlet.readies[0]?.cursor ?? '', 'group:a')).toBe(0);
  expect(outlet.offsets('group:a')).toEqual([1, 2, 3]);
  expect(outlet.offsets('user:1')).toEqual([1, 2, 3]);
  expect(offsetIn(emitter.cursor(), 'user:1')).toBe(3);
});

test('a malformed cursor is refused before anything is acquired', async () => {
  const { broker, attach } = await started();
  await expect(attach({ cursor: 'c2~forged' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  expect(broker.calls).toEqual(['start']);
});

test('a cursor of foreign channels shows nothing of them', async () => {
  const { notifier, store, attach } = await started();
  await appendMany(store, 'user:2', 3);
  const other = await attach({ userId: '2' });
  const { outlet } = await attach({ cursor: other.emitter.cursor() });
  await Promise.all([
    notifier.notify({ to: { user: '2' }, type: 'message', data: { n: 4 } }),
    settle(),
  ]);
  expect(outlet.said.map(({ kind }) => kind)).toEqual(['ready']);
  expect([...(outlet.readies[0]?.ready.channels.keys() ?? [])]).toEqual(['user:1', 'all']);
  expect(other.outlet.offsets('user:2')).toEqual([4]);
});

test('G9 more channels than a stream may follow are refused', async () => {
  const { notifier, attach } = await started({ maxChannelsPerEmitter: 3 });
  await expect(attach({ groups: ['a', 'b'] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  const { emitter } = await attach({ groups: ['a'] });
  const begin = vi.fn();
  await expect(notifier.follow(emitter, 'b', undefined, begin)).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
  });
  expect(begin).not.toHaveBeenCalled();
  expect(emitter.channels).toHaveLength(3);
});

test('a client that went away while positions were looked up leaves nothing behind', async () => {
  const { notifier, broker, attach } = await started({ feedGraceMs: 200 });
  await expect(attach({ isGone: () => true })).rejects.toThrow('gone');
  expect(notifier.emitters.size).toBe(0);
  await settle(1_000);
  expect(broker.calls).toEqual(['start', 'subscribe user:1 all', 'unsubscribe user:1 all']);
});

test('a store that fails for one channel rejects, and gives every channel back', async () => {
  const { notifier, broker, store, attach } = await started({ feedGraceMs: 200 });
  const { emitter } = await attach();
  const cursor = emitter.cursor();
  emitter.gone();
  store.fail('readAfter');
  // Only the first channel needs a read; the other one is found where the client stands.
  const forged = cursor.replace(`.${NO_EPOCH}.0.`, '.e.7.');
  await expect(attach({ cursor: forged })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(notifier.emitters.size).toBe(0);
  await settle(1_000);
  expect(broker.calls.at(-1)).toBe('unsubscribe user:1 all');
});

test('channels nobody follows any more are unsubscribed after the grace, once', async () => {
  const { broker, attach } = await started({ feedGraceMs: 200 });
  const one = await attach();
  const two = await attach();
  one.emitter.gone();
  await settle(1_000);
  expect(broker.calls).toEqual(['start', 'subscribe user:1 all']);
  two.emitter.close({ code: 'CLOSED', returnMs: 1 });
  await settle(1_000);
  expect(broker.calls).toEqual(['start', 'subscribe user:1 all', 'unsubscribe user:1 all']);
});

test('following one more group begins right before its first notification', async () => {
  const { notifier, store, attach } = await started();
  const envelopes = await appendMany(store, 'group:a', 3);
  const { emitter, outlet } = await attach({ groups: ['a'] });
  const cursor = emitter.cursor();
  expect(notifier.unfollow(emitter, 'a')).toBe('group:a');
  expect(notifier.unfollow(emitter, 'never')).toBe('group:never');
  for (const n of [4, 5]) {
    await Promise.all([
      notifier.notify({ to: { group: 'a' }, type: 'message', data: { n } }),
      settle(),
    ]);
  }
  const steps: string[] = [];
  outlet.heard = ({ kind }) => steps.push(kind);
  const following = notifier.follow(emitter, 'a', cursor, ({ channel, position, recovered }) => {
    steps.push(`begin ${channel} ${position.offset} ${recovered}`);
  });
  await settle();
  await following;
  await settle();
  expect(steps).toEqual([`begin group:a ${envelopes.length} true`, 'write']);
  expect(outlet.offsets('group:a')).toEqual([4, 5]);
  expect(emitter.channels).toEqual(['user:1', 'all', 'group:a']);
});

test('what was due before a group was taken up is written before it begins', async () => {
  const { notifier, attach } = await started();
  const { emitter, outlet } = await attach();
  const steps: string[] = [];
  outlet.heard = ({ kind }) => steps.push(kind);
  const all = { to: { all: true }, type: 'message', data: { n: 1 } } as const;
  await Promise.all([notifier.notify(all), settle()]);
  const following = notifier.follow(emitter, 'a', undefined, () => steps.push('begin'));
  const [, sent] = [await vi.advanceTimersToNextTimerAsync(), notifier.notify(all)];
  await settle();
  await Promise.all([following, sent]);
  expect(steps).toEqual(['write', 'write', 'begin']);
});

test('following a group twice at once follows it once, and answers both', async () => {
  const { notifier, broker, attach } = await started({ feedGraceMs: 200 });
  const { emitter, outlet } = await attach();
  const begin = vi.fn();
  const both = Promise.all([
    notifier.follow(emitter, 'a', undefined, begin),
    notifier.follow(emitter, 'a', undefined, begin),
  ]);
  await settle();
  await both;
  expect(begin).toHaveBeenCalledTimes(2);
  expect(emitter.channels).toEqual(['user:1', 'all', 'group:a']);
  await Promise.all([
    notifier.notify({ to: { group: 'a' }, type: 'message', data: { n: 1 } }),
    settle(),
  ]);
  expect(outlet.offsets('group:a')).toEqual([1]);
  notifier.unfollow(emitter, 'a');
  await settle(1_000);
  expect(broker.calls.at(-1)).toBe('unsubscribe group:a');
});

test('G9 a slow client closed by the very subscription keeps no channel', async () => {
  const { notifier, broker, attach } = await started({ feedGraceMs: 200, maxBufferedBytes: 1 });
  const { emitter, outlet } = await attach({}, new RecordingOutlet(false));
  const notify = (n: number) =>
    notifier.notify({ to: { all: true }, type: 'message', data: { n } });
  await Promise.all([notify(1), settle()]);
  expect(outlet.bufferedBytes).toBeGreaterThan(1);
  const begin = vi.fn();
  const following = notifier.follow(emitter, 'a', undefined, begin);
  // Something becomes due in the tick in which the group is taken up.
  const [, sent] = [await vi.advanceTimersToNextTimerAsync(), notify(2)];
  await settle();
  await Promise.all([following, sent]);
  expect(outlet.closes.map(({ code }) => code)).toEqual(['SLOW_CONSUMER']);
  await settle(2_000);
  expect(broker.calls.filter((call) => call.startsWith('unsubscribe')).join(' ')).toContain(
    'group:a',
  );
});

test('G8 a stream ends when its credential does, to the second', async () => {
  const { notifier, outlet } = await started().then(async (parts) => ({
    ...parts,
    ...(await parts.attach({ principal: { userId: '1', expiresAt: Date.now() + 5_000 } })),
  }));
  await settle(4_000);
  expect(outlet.closes).toEqual([]);
  await settle(2_000);
  expect(outlet.closes).toEqual([{ code: 'EXPIRED', returnMs: null }]);
  expect(notifier.emitters.size).toBe(0);
});
