import { eventually } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { GroupJanitor, type JanitorAdmin } from './group-janitor.js';

/** A cluster of groups by name and number of members; `looks` counts how often it was asked. */
class GroupsOfCluster {
  readonly groups = new Map<string, number>();
  readonly deleted: string[] = [];
  readonly open: JanitorAdmin[] = [];
  looks = 0;
  /** Called before each answer about members. */
  onLook: (look: number) => void = () => {};

  readonly newAdmin = (): JanitorAdmin => {
    const opened: JanitorAdmin = {
      admin: {
        connect: async () => {},
        listGroups: async () => ({
          groups: [...this.groups.keys()].map((groupId) => ({ groupId, protocolType: 'consumer' })),
        }),
        describeGroups: async (groupIds) => {
          this.looks += 1;
          this.onLook(this.looks);
          return { groups: groupIds.map((groupId) => this.#describe(groupId)) };
        },
        deleteGroups: async (groupIds) => {
          for (const groupId of groupIds) this.groups.delete(groupId);
          this.deleted.push(...groupIds);
          return [];
        },
      },
      end: async () => {
        this.open.splice(this.open.indexOf(opened), 1);
      },
    };
    this.open.push(opened);
    return opened;
  };

  #describe(groupId: string) {
    const count = this.groups.get(groupId) ?? 0;
    const member = {
      ...{ clientHost: '', clientId: '', memberId: '' },
      ...{ memberAssignment: Buffer.alloc(0), memberMetadata: Buffer.alloc(0) },
    };
    return {
      ...{ groupId, errorCode: 0, protocol: '', protocolType: 'consumer' },
      state: count === 0 ? ('Empty' as const) : ('Stable' as const),
      members: Array.from({ length: count }, () => member),
    };
  }
}

function startJanitor(cluster: GroupsOfCluster, changes: unknown[] = []): GroupJanitor {
  const janitor = new GroupJanitor(cluster.newAdmin, {
    isOurs: (groupId) => groupId.startsWith('ours.'),
    intervalMs: 1,
    onChange: (error) => changes.push(error),
  });
  onTestFinished(() => janitor.close());
  return janitor;
}

test('a group of ours goes when it was empty at two looks in a row, others stay', async () => {
  const cluster = new GroupsOfCluster();
  for (const name of ['ours.dead', 'ours.starting', 'foreign']) cluster.groups.set(name, 0);
  cluster.groups.set('ours.living', 1);
  const deletedBefore: number[] = [];
  cluster.onLook = (look) => {
    deletedBefore.push(cluster.deleted.length);
    // Empty at every other look only, as a node that comes and goes.
    cluster.groups.set('ours.starting', (look + 1) % 2);
  };
  startJanitor(cluster);
  await eventually(() => expect(cluster.looks).toBeGreaterThan(6));
  expect(deletedBefore.slice(0, 3)).toEqual([0, 0, 1]);
  expect(cluster.deleted).toEqual(['ours.dead']);
});

test('that it cannot look is told once, and once when it can again', async () => {
  const cluster = new GroupsOfCluster();
  const changes: unknown[] = [];
  const failure = new Error('not allowed');
  cluster.onLook = (look) => {
    if (look > 2 && look < 6) throw failure;
  };
  const janitor = startJanitor(cluster, changes);
  await eventually(() => expect(cluster.looks).toBeGreaterThan(8));
  expect(changes).toEqual([failure, undefined]);
  await janitor.close();
  expect(cluster.open).toEqual([]);
});
