import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  appendUnheard,
  beaconMs,
  type ControlNode,
  controlNode,
  outcomeOf,
} from '../test-doubles/control-parts.js';
import { gate } from '../test-doubles/gate.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { attached } from '../test-doubles/notifier-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const issuedBefore = { userId: '1', issuedAt: 999_000 };
const revoked = (userId: string) => ({ userId, before: 1_000_000 });

type Node = Pick<ReturnType<typeof controlNode>, 'notifier'>;

/** What comes of a client that connects. */
async function connecting({ notifier }: Node, principal: object = {}) {
  const outcome = outcomeOf(attached(notifier, { principal: { ...issuedBefore, ...principal } }));
  await settle();
  return outcome;
}

test('a node that starts later refuses who was revoked before', async () => {
  const node = controlNode();
  await appendUnheard(node, revoked('1'));
  await node.notifier.start();
  await settle();
  expect(await connecting(node)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  expect(await connecting(node, { issuedAt: 1_000_001 })).toEqual({ state: 'resolved' });
  expect(await connecting(node, { userId: '2', issuedAt: 1 })).toEqual({ state: 'resolved' });
});

test('what is garbage in the log does not keep what follows from being read', async () => {
  const node = controlNode();
  await appendUnheard(node, { nonsense: true });
  await appendUnheard(node, { userId: '1', before: 1_000_000 }, 'unknown');
  await appendUnheard(node, revoked('2'));
  await node.notifier.start();
  await settle();
  expect((await connecting(node)).state).toBe('resolved');
  expect(await connecting(node, { userId: '2' })).toMatchObject({
    error: { code: 'UNAUTHENTICATED' },
  });
});

test('nobody is admitted before the log is read; where the store is away it is tried again', async () => {
  const node = controlNode();
  await appendUnheard(node, revoked('1'));
  node.store.fail('positions', 'readAfter');
  await node.notifier.start();
  await settle();
  const stranger = { userId: '2', issuedAt: 1 };
  expect(await connecting(node, stranger)).toMatchObject({ error: { code: 'STORE_UNAVAILABLE' } });
  node.store.recover();
  await settle(1_100);
  const read = node.store.reads.length;
  expect(await connecting(node)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  expect(await connecting(node, stranger)).toEqual({ state: 'resolved' });
  expect(node.store.reads).toHaveLength(read);
});

test('a client that comes while the log is read waits for it', async () => {
  const node = controlNode();
  await appendUnheard(node, revoked('1'));
  const { passed, open } = gate();
  node.store.before.set('readAfter', () => passed);
  await node.notifier.start();
  const outcome = await connecting(node);
  expect(outcome.state).toBe('waits');
  open();
  await settle();
  expect(outcome).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
});

/** A store whose logs can be trimmed, under a node. */
function trimmable() {
  const inner = new MutableStore();
  const store = new ObservedStore(inner);
  return { inner, node: controlNode({ store, positionCheckMs: 2_000, pageItems: 2 }) };
}

/** The others are told that it has read everything. */
async function expectAllRead(node: ControlNode): Promise<void> {
  await settle(beaconMs * 2);
  expect(node.beacons.at(-1)).toMatchObject(await node.head());
}

test('a log that was trimmed is read from where it begins now', async () => {
  const { node, inner } = trimmable();
  for (const userId of ['1', '2', '3']) await appendUnheard(node, revoked(userId));
  inner.trim('control', 3);
  await node.notifier.start();
  await settle();
  expect((await connecting(node)).state).toBe('resolved');
  expect(await connecting(node, { userId: '3' })).toMatchObject({
    error: { code: 'UNAUTHENTICATED' },
  });
});

test('a log that was trimmed away is read, and what follows is heard', async () => {
  const { node, inner } = trimmable();
  for (const userId of ['1', '2']) await appendUnheard(node, revoked(userId));
  inner.trim('control', 3);
  await node.notifier.start();
  await settle();
  expect((await connecting(node)).state).toBe('resolved');
  expect(node.store.renewals).toEqual([]);
});

test('a log that is trimmed while it is read is read again', async () => {
  const { node, inner } = trimmable();
  for (let n = 1; n <= 9; n += 1) await appendUnheard(node, revoked(`${n}`));
  node.store.before.set('readAfter', async () => {
    // Between the first look and the first page.
    node.store.before.set('readAfter', async () => {
      node.store.before.clear();
      inner.trim('control', 7);
    });
  });
  await node.notifier.start();
  await expectAllRead(node);
  for (const userId of ['7', '8', '9']) {
    expect(await connecting(node, { userId })).toMatchObject({
      error: { code: 'UNAUTHENTICATED' },
    });
  }
});

test('a node that finds that the log was trimmed beyond where it stands reads what is left', async () => {
  const { node, inner } = trimmable();
  await node.notifier.start();
  await appendUnheard(node, revoked('1'));
  await settle(2_100);
  const stream = attached(node.notifier, { principal: { userId: '8', issuedAt: 1 } });
  await settle();
  const { outlet } = await stream;
  for (let n = 2; n <= 9; n += 1) await appendUnheard(node, revoked(`${n}`));
  inner.trim('control', 7);
  await settle(2_100);
  expect(outlet.closes.map(({ code }) => code)).toEqual(['REVOKED']);
  await expectAllRead(node);
  for (const userId of ['1', '7', '9']) {
    expect(await connecting(node, { userId })).toMatchObject({
      error: { code: 'UNAUTHENTICATED' },
    });
  }
});

test('a log that was lost is followed in its new life, and what was revoked stays so', async () => {
  const { node, inner } = trimmable();
  await node.notifier.start();
  for (const userId of ['1', '2']) await appendUnheard(node, revoked(userId));
  await settle(2_100);
  inner.loseAfter('control', 0);
  await settle(4_000);
  await appendUnheard(node, revoked('3'));
  await settle(4_000);
  await expectAllRead(node);
  for (const userId of ['1', '2', '3']) {
    expect(await connecting(node, { userId })).toMatchObject({
      error: { code: 'UNAUTHENTICATED' },
    });
  }
});

test('what was revoked comes before what was notified, where the position check finds both', async () => {
  const node = controlNode({ positionCheckMs: 5_000 });
  await node.notifier.start();
  await settle();
  const [mine, other] = await Promise.all([
    attached(node.notifier, { principal: issuedBefore }),
    attached(node.notifier, { userId: '2' }),
    settle(),
  ]);
  await appendUnheard(node, revoked('1'));
  await node.store.append([
    { channel: 'all', id: crypto.randomUUID(), type: 'message', time: 1, dataJson: '{"n":1}' },
  ]);
  await settle(5_000);
  expect(mine.outlet.said.map(({ kind }) => kind)).toEqual(['ready', 'close']);
  expect(other.outlet.offsets('all')).toEqual([1]);
});

/** Lets a time pass in which this process does not run, as after SIGSTOP. */
function standStill(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}

const pauseMs = beaconMs * 2.5;

test('a log that was lost while a node stood still is followed in its new life', async () => {
  const { node, inner } = trimmable();
  await node.notifier.start();
  await appendUnheard(node, revoked('1'));
  await settle(2_100);
  inner.loseAfter('control', 0);
  standStill(pauseMs);
  expect((await connecting(node, { userId: '2' })).state).not.toBe('resolved');
  await expectAllRead(node);
  await appendUnheard(node, revoked('2'));
  await settle(2_100);
  await expectAllRead(node);
  expect(await connecting(node, { userId: '2' })).toMatchObject({
    error: { code: 'UNAUTHENTICATED' },
  });
});

test('a node that stood still closes its streams before it shows anything, and reads the log first', async () => {
  const node = controlNode({ positionCheckMs: 600_000 });
  await node.notifier.start();
  await settle();
  const [{ outlet }] = await Promise.all([
    attached(node.notifier, { principal: issuedBefore }),
    settle(),
  ]);
  await appendUnheard(node, revoked('1'));
  standStill(pauseMs);
  await Promise.all([
    node.notifier.notify({ to: { all: true }, type: 'message', data: { n: 1 } }),
    settle(),
  ]);
  expect(outlet.said.map(({ kind }) => kind)).toEqual(['ready', 'close']);
  expect(outlet.closes).toEqual([{ code: 'UNAVAILABLE', returnMs: expect.any(Number) }]);
  expect(outlet.closes[0]?.returnMs).toBeLessThan(2_000);
  expect(await connecting(node)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  // It is told once: who comes back stays.
  const [{ outlet: later }] = await Promise.all([
    attached(node.notifier, { userId: '2' }),
    settle(beaconMs * 5),
  ]);
  expect(later.closes).toEqual([]);
});

test('a node that stood still admits nobody, and shows no history, by what it knew before', async () => {
  for (const ask of ['attach', 'history'] as const) {
    const node = controlNode({ positionCheckMs: 600_000 });
    await node.notifier.start();
    await settle();
    await appendUnheard(node, revoked('1'));
    standStill(pauseMs);
    const history = { principal: issuedBefore, groups: [], limit: 1 };
    const outcome = outcomeOf(
      ask === 'history'
        ? node.notifier.history(history)
        : attached(node.notifier, { principal: issuedBefore }),
    );
    await settle(1);
    expect(outcome, ask).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    vi.restoreAllMocks();
  }
});

test('what cannot be read after a pause is read when the store is back; until then nobody is admitted', async () => {
  const node = controlNode({ positionCheckMs: 600_000 });
  await node.notifier.start();
  await settle();
  await appendUnheard(node, revoked('1'));
  node.store.fail('readAfter');
  standStill(pauseMs);
  for (const principal of [issuedBefore, { userId: '2', issuedAt: 1 }]) {
    expect(await connecting(node, principal)).toMatchObject({
      error: { code: 'STORE_UNAVAILABLE' },
    });
  }
  node.store.recover();
  await settle(1_100);
  expect(await connecting(node)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  expect(await connecting(node, { userId: '2', issuedAt: 1 })).toEqual({ state: 'resolved' });
});

test('a short pause, and any pause of a node without others, disturbs nobody', async () => {
  for (const [remote, ms] of [
    [true, pauseMs - 500],
    [false, 3_600_000],
  ] as const) {
    const node = controlNode({ remote });
    await node.notifier.start();
    await settle();
    const [{ outlet }] = await Promise.all([attached(node.notifier), settle()]);
    standStill(ms);
    await settle(1);
    await Promise.all([
      node.notifier.notify({ to: { all: true }, type: 'message', data: { n: 1 } }),
      settle(),
    ]);
    expect(outlet.offsets('all')).toEqual([1]);
    vi.restoreAllMocks();
  }
});
