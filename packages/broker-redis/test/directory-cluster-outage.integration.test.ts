import { eventually, OutOfBand, RecordingDirectorySink } from '@realtime-notify/contract-kit';
import type { Directory, DirectoryStartOptions } from '@realtime-notify/core';
import { slotOf } from '@realtime-notify/redis-connection';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startCluster } from '../../../scripts/private-servers/redis.js';
import type { RedisInstance } from '../../../scripts/services/redis.js';
import type { RedisCluster } from '../../../scripts/services/redis-cluster.js';
import { beginSlotMove } from '../../../scripts/services/redis-cluster-slots.js';
import { shardKeys, shardOf } from '../src/directory/directory-keys.js';
import { redisDirectory } from '../src/index.js';
import { clusterRights, usersHeldAt } from './test-directory.js';
import { testAdmin } from './test-redis.js';

const unavailable = { code: 'DIRECTORY_UNAVAILABLE' };
/** Masters go on although one of them has failed, which they find later than a lease ends. */
const partly = ['--cluster-require-full-coverage', 'no'];
const login = { username: 'directory', password: 'p' };
const user = ['--user', login.username, 'on', `>${login.password}`, ...clusterRights.split(' ')];
const options = { serverArgs: [...partly, ...user], nodeTimeoutMs: 2_500 };

// One for all tests here; each disturbs other masters than those before it.
let cluster: RedisCluster;
let dispose: (() => Promise<void>) | undefined;
beforeAll(async () => {
  ({ cluster, dispose } = await startCluster(options));
});
afterAll(() => dispose?.());

interface Started {
  readonly directory: Directory;
  readonly sink: RecordingDirectorySink;
}

async function started(nodeId: string, how?: DirectoryStartOptions): Promise<Started> {
  const directory = redisDirectory({
    ...login,
    cluster: { nodes: cluster.addresses },
    leaseMs: 2_000,
    commandTimeoutMs: 1_000,
    maxReconnectDelayMs: 100,
  });
  const sink = new RecordingDirectorySink();
  onTestFinished(() => directory.close());
  await directory.start(nodeId, sink, how);
  return { directory, sink };
}

test('a part that moves, and a master that hands over: calls go on meanwhile, in order', async () => {
  const { directory, sink } = await started('n1');
  const looker = await started('l1', { publishOnly: true });
  const users = usersOf(2, 50);
  const [user = ''] = users;
  await directory.add(users);
  const [other = '', to = '', from = ''] = cluster.nodes.slice(0, 3).map(({ url }) => url);
  const slot = slotOfUser(user);
  const moving = await beginSlotMove({ slot, from, to, masters: [other, to, from] });
  expect(await looker.directory.where(users)).toEqual(users.map(() => ['n1']));
  await moving.takeKeys();
  // Its keys are at the new owner already, and its slot is not.
  expect(await looker.directory.where(users)).toEqual(users.map(() => ['n1']));
  await moving.finish();
  const coming = Array.from({ length: 20 }, (_, i) => `${user}-${i}`);
  await directory.remove([user]);
  await directory.add(coming);
  expect(await looker.directory.where([user, ...coming])).toEqual([
    [],
    ...coming.map(() => ['n1']),
  ]);
  expect(await testAdmin(to).call('cluster', 'countkeysinslot', slot)).toBe(3);
  expect(sink.states).toEqual(['up']);
  await handOver(to, cluster.nodes[4]?.url ?? '');
  await eventually(() => directory.add([user]));
  await eventually(async () => {
    expect(await looker.directory.where([user])).toEqual([['n1']]);
  });
  await eventually(() =>
    expect([sink.states.at(-1), looker.sink.states.at(-1)]).toEqual(['up', 'up']),
  );
  await directory.drain();
  expect(await usersHeldAt(await masters())).toEqual([]);
});

test('a master killed with -9: others are found meanwhile; its users are found again, lost writes too', async () => {
  const { directory, sink } = await started('n2');
  const looker = await started('l2', { publishOnly: true });
  const [concerned, others] = [usersOf(0, 60), usersOf(2, 60)];
  const [removed, lateRemoved, rest] = [
    concerned.slice(0, 2),
    concerned.slice(2, 3),
    concerned.slice(3),
  ];
  const everywhere = others.map(() => ['n2']);
  const [added, lateAdded] = [['added'], ['late']].map(([label = '']) => usersOf(0, 1, label));
  await directory.add([...concerned, ...others]);
  await shutOutReplica();
  // The replica will not know of these.
  await directory.remove(removed);
  await directory.add(added ?? []);
  const thrown = await new OutOfBand().during(async () => {
    await cluster.nodes[0]?.kill('SIGKILL');
    await eventually(() =>
      expect([sink, looker.sink].map(({ states }) => states)).toEqual([
        ['up', 'down'],
        ['up', 'down'],
      ]),
    );
    await expect(directory.add(lateAdded ?? [])).rejects.toMatchObject(unavailable);
    await expect(directory.remove(lateRemoved)).rejects.toMatchObject(unavailable);
    await expect(looker.directory.where(rest)).rejects.toMatchObject(unavailable);
    const some = [...rest, ...others];
    await expect(looker.directory.where(some)).rejects.toMatchObject(unavailable);
    const seen: unknown[] = [];
    await eventually(async () => {
      seen.push(await looker.directory.where(others));
      expect([sink.states.at(-1), looker.sink.states.at(-1)]).toEqual(['up', 'up']);
    });
    // Longer than a lease, and all the time.
    for (const found of seen) expect(found).toEqual(everywhere);
  });
  expect(thrown).toEqual([]);
  const [held, gone] = [
    [...rest, ...(added ?? []), ...(lateAdded ?? []), ...others],
    [...removed, ...lateRemoved],
  ];
  await eventually(async () => {
    const found = await looker.directory.where([...held, ...gone]);
    expect(found).toEqual([...held.map(() => ['n2']), ...gone.map(() => [])]);
  });
  expect((await usersHeldAt(await masters())).toSorted()).toEqual(held.toSorted());
  const resynced = sink.resyncs.flat();
  expect(resynced).toEqual(expect.arrayContaining([...(added ?? []), ...(lateAdded ?? [])]));
  expect(resynced.filter((user) => others.includes(user))).toEqual([]);
  await directory.drain();
  expect(await usersHeldAt(await masters())).toEqual([]);
});

/** Users whose parts this master of three owns as the Cluster is started. */
function usersOf(master: number, count: number, label = 'u'): readonly string[] {
  const [first = 0, end = 0] = [master, master + 1].map((n) => Math.floor((n * 16_384) / 3));
  const users: string[] = [];
  for (let i = 0; users.length < count; i += 1) {
    const user = `${label}${i}`;
    if (slotOfUser(user) >= first && slotOfUser(user) < end) users.push(user);
  }
  return users;
}

function slotOfUser(user: string): number {
  return slotOf(shardKeys('rn:', shardOf(user)).connections);
}

/** Makes the replica the master, with both alive. */
async function handOver(master: string, replica: string): Promise<void> {
  const [from, to] = [testAdmin(master), testAdmin(replica)];
  const id = String(await from.call('cluster', 'myid'));
  const epochAndSlots = async (admin: typeof from): Promise<unknown> => {
    const lines = String(await admin.call('cluster', 'nodes')).split('\n');
    const [, , , , , , epoch, , ...slots] =
      lines.find((line) => line.startsWith(id))?.split(' ') ?? [];
    return [epoch, slots];
  };
  // It takes over those slots that it knows of.
  await eventually(async () => expect(await epochAndSlots(to)).toEqual(await epochAndSlots(from)));
  await to.call('cluster', 'failover', 'TAKEOVER');
  await eventually(async () => expect(await from.call('role')).toContain('slave'));
}

/** Whoever is a master now. */
async function masters(): Promise<readonly RedisInstance[]> {
  const roles = await Promise.all(
    cluster.nodes.map(async (redis) => {
      const role = await testAdmin(redis.url)
        .call('role')
        .catch(() => undefined);
      return Array.isArray(role) && role[0] === 'master' ? [redis] : [];
    }),
  );
  return roles.flat();
}

/** All so far has reached the replica of the first master; from now on nothing does. */
async function shutOutReplica(): Promise<void> {
  const [master, replica] = [0, 3].map((index) => testAdmin(cluster.nodes[index]?.url ?? ''));
  await master?.set('{0}', '1').catch(() => undefined);
  expect(await master?.call('wait', '1', '20000')).toBe(1);
  await replica?.config('SET', 'masterauth', 'wrong');
  await master?.config('SET', 'requirepass', 'right');
  await master?.call('client', 'KILL', 'TYPE', 'replica');
}
