import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import {
  beaconMs,
  type ControlNode,
  controlNode,
  outcomeOf,
} from '../test-doubles/control-parts.js';
import { gate } from '../test-doubles/gate.js';
import { attached } from '../test-doubles/notifier-parts.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const nothing = { epoch: '0', offset: 0 };

/** A node that has been there for long enough to have heard of all others. */
async function settled(fields: Parameters<typeof controlNode>[0] = {}): Promise<ControlNode> {
  const node = controlNode(fields);
  await node.notifier.start();
  await settle(beaconMs * 2);
  return node;
}

/** Begins to revoke, up to where the others have to say something. */
async function revoking(node: ControlNode, userId = '1') {
  const outcome = outcomeOf(node.notifier.revoke({ userId }));
  await settle();
  return outcome;
}

test('revoke waits until every node that was heard of has read up to it', async () => {
  const node = await settled();
  node.hearBeacon('b', nothing);
  node.hearBeacon('c', nothing);
  const outcome = await revoking(node);
  node.hearBeacon('b', await node.head());
  await settle();
  expect(outcome.state).toBe('waits');
  node.hearBeacon('c', await node.head());
  await settle();
  expect(outcome.state).toBe('resolved');
});

test('a node of another epoch has not read it, however far it is', async () => {
  const node = await settled();
  node.hearBeacon('b', { epoch: 'older', offset: 99 });
  const outcome = await revoking(node);
  expect(outcome.state).toBe('waits');
});

test('a node that left, or was silent for three periods, is not waited for', async () => {
  const node = await settled();
  node.hearBeacon('left', nothing);
  node.hearBeacon('dead', nothing);
  node.hearBeacon('left', nothing, { leaving: true });
  const outcome = await revoking(node);
  await settle(beaconMs * 2);
  expect(outcome.state).toBe('waits');
  await settle(beaconMs * 2);
  expect(outcome.state).toBe('resolved');
});

test('a node that comes while it is revoked is waited for', async () => {
  const node = await settled();
  node.hearBeacon('b', nothing);
  const outcome = await revoking(node);
  node.hearBeacon('new', { epoch: '', offset: 0 });
  node.hearBeacon('b', await node.head());
  await settle();
  expect(outcome.state).toBe('waits');
  node.hearBeacon('new', await node.head(), { hello: true });
  await settle();
  expect(outcome.state).toBe('resolved');
});

test('a node tells that it comes before it reads, and greets once it has read', async () => {
  const node = controlNode();
  const toldAtFirstRead: number[] = [];
  node.store.before.set('positions', async () => {
    toldAtFirstRead.push(node.beacons.length);
  });
  await node.notifier.start();
  await settle();
  expect(toldAtFirstRead[0]).toBe(1);
  expect(node.beacons).toEqual([
    { node: 'here', epoch: '', offset: 0, periodMs: beaconMs },
    { node: 'here', ...nothing, periodMs: beaconMs, hello: true },
  ]);
});

test('a young node cannot know all others: its revoke waits a beacon period', async () => {
  const node = controlNode();
  await node.notifier.start();
  const outcome = await revoking(node);
  await settle(beaconMs - 200);
  expect(outcome.state).toBe('waits');
  await settle(beaconMs * 2);
  expect(outcome.state).toBe('resolved');
});

test('a node that could not read the log itself confirms nothing', async () => {
  const node = controlNode({ revokeWaitMs: 60_000 });
  node.store.fail('readAfter');
  await node.notifier.start();
  await settle(beaconMs * 2);
  const outcome = await revoking(node);
  await settle(beaconMs * 3);
  expect(outcome.state).toBe('waits');
  node.store.recover();
  await settle(beaconMs * 3);
  expect(outcome.state).toBe('resolved');
});

test('where there are no others, revoke is done at once', async () => {
  const node = controlNode({ remote: false });
  await node.notifier.start();
  expect((await revoking(node)).state).toBe('resolved');
});

test('who greets is answered with how far this node is; who does not greet is not', async () => {
  const node = await settled();
  await revoking(node);
  const before = node.beacons.length;
  node.hearBeacon('b', nothing);
  await settle();
  expect(node.beacons).toHaveLength(before);
  node.hearBeacon('b', nothing, { hello: true });
  await settle();
  expect(node.beacons.slice(before)).toEqual([
    { node: 'here', ...(await node.head()), periodMs: beaconMs },
  ]);
});

test('what another node revoked is acted on, and told right after that', async () => {
  const node = await settled();
  const stream = attached(node.notifier);
  await settle();
  const { outlet } = await stream;
  const before = node.beacons.length;
  const other = controlNode({ store: node.store, nodeId: 'there' });
  await other.notifier.start();
  await settle();
  await revoking(other);
  const entries = other.broker.control.filter(({ type }) => type === 'revoke');
  expect(entries).toHaveLength(1);
  node.broker.sink.receive(entries);
  await settle();
  expect(outlet.closes).toEqual([{ code: 'REVOKED', returnMs: null }]);
  expect(node.beacons[before]).toEqual({
    node: 'here',
    ...(await node.head()),
    periodMs: beaconMs,
  });
});

test('who says nothing is named, and what was revoked is recorded and acted on here', async () => {
  const node = await settled({ revokeWaitMs: 2_500 });
  const stream = attached(node.notifier);
  await settle();
  const { outlet } = await stream;
  node.hearBeacon('stuck', nothing);
  const outcome = await revoking(node);
  for (let n = 0; n < 4; n += 1) {
    node.hearBeacon('stuck', nothing);
    await settle(beaconMs - 200);
  }
  expect(outcome).toMatchObject({
    state: 'rejected',
    error: { code: 'REVOKE_UNCONFIRMED', retryable: true },
  });
  expect(String(outcome.error)).toContain('stuck');
  expect(outlet.closes).toEqual([{ code: 'REVOKED', returnMs: null }]);
  expect((await node.head()).offset).toBe(1);
});

test('while the broker is away nothing is confirmed, whatever was heard before', async () => {
  const node = await settled({ revokeWaitMs: 60_000 });
  node.broker.sink.status({ state: 'down', error: new NotifyError('BROKER_UNAVAILABLE', 'cut') });
  const outcome = await revoking(node);
  await settle(beaconMs * 10);
  expect(outcome.state).toBe('waits');
  const silent = node.beacons.length;
  await settle(beaconMs * 3);
  expect(node.beacons).toHaveLength(silent);

  node.broker.sink.status({ state: 'up' });
  await settle();
  expect(node.beacons.at(-1)).toMatchObject({ hello: true });
  expect(outcome.state).toBe('waits');
  await settle(beaconMs * 2);
  expect(outcome.state).toBe('resolved');
});

test('the silence of an outage is held against nobody: all others are waited for again', async () => {
  const node = await settled({ revokeWaitMs: 60_000 });
  node.hearBeacon('b', nothing);
  node.broker.sink.status({ state: 'down', error: new NotifyError('BROKER_UNAVAILABLE', 'cut') });
  const outcome = await revoking(node);
  await settle(beaconMs * 10);
  node.broker.sink.status({ state: 'up' });
  await settle(beaconMs * 2);
  expect(outcome.state).toBe('waits');
  node.hearBeacon('b', await node.head());
  await settle();
  expect(outcome.state).toBe('resolved');
});

test('where the broker stays away the error says so', async () => {
  const node = await settled({ revokeWaitMs: 2_000 });
  node.broker.sink.status({ state: 'down', error: new NotifyError('BROKER_UNAVAILABLE', 'cut') });
  const outcome = await revoking(node);
  await settle(3_000);
  expect(outcome).toMatchObject({ error: { code: 'REVOKE_UNCONFIRMED' } });
  expect(String(outcome.error)).toContain('the broker is away');
});

test('what the store does not take is not revoked', async () => {
  const node = await settled();
  node.store.fail('append');
  expect(await revoking(node)).toMatchObject({
    state: 'rejected',
    error: { code: 'STORE_UNAVAILABLE' },
  });
});

test('G10 close lets nobody wait, and no timer is left', async () => {
  const node = await settled();
  node.hearBeacon('b', nothing);
  const outcome = await revoking(node);
  await node.notifier.close();
  await settle(0);
  expect(outcome).toMatchObject({ state: 'rejected', error: { code: 'CLOSED' } });
  await settle(60_000);
  expect(vi.getTimerCount()).toBe(0);
});

test('G11 a draining node is waited for until its last stream has ended, and then says goodbye', async () => {
  const node = await settled({ drainWindowMs: 500 });
  const stream = attached(node.notifier);
  await settle();
  const { outlet } = await stream;
  const endedAtGoodbye: number[] = [];
  const publish = node.broker.publish.bind(node.broker);
  node.broker.publish = async (envelopes) => {
    if (envelopes.some(({ dataJson }) => dataJson.includes('"leaving":true'))) {
      endedAtGoodbye.push(outlet.closes.length);
    }
    await publish(envelopes);
  };
  const { passed, open } = gate();
  node.broker.before.set('drain', () => passed);
  const draining = node.notifier.drain();
  await settle(beaconMs * 3);
  open();
  await draining;
  expect(endedAtGoodbye).toEqual([1]);
  expect(node.beacons.at(-1)).toMatchObject({ leaving: true });
});

test('what is no control entry changes nothing', async () => {
  const node = await settled();
  const stream = attached(node.notifier);
  await settle();
  const { outlet } = await stream;
  for (const type of ['revoke', 'beacon', 'hello', 'message']) {
    for (const data of ['{}', 'null', '[]', '"x"', '{"userId":1,"before":"now"}', '{', '']) {
      node.hear(type, data);
    }
  }
  // Nor does this node count as another one.
  node.hearBeacon('here', nothing);
  await settle();
  expect(outlet.closes).toEqual([]);
  expect((await revoking(node)).state).toBe('resolved');
});
