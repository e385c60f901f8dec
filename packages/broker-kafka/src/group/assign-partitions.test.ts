import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignPartitions } from './assign-partitions.js';
import type { GroupMember, Partitions } from './group-link.js';

const topics = ['a', 'b', 'c'];
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const layout = fc
  .tuple(fc.nat(12), fc.nat(12), fc.nat(12))
  .map(
    (counts): Partitions => Object.fromEntries(topics.map((t, i) => [t, numbers(counts[i] ?? 0)])),
  );
const member = (memberId: string, more: Partial<GroupMember> = {}): GroupMember => ({
  ...{ memberId, topics, owned: {}, generation: 0, ...more },
});
const owned = fc.dictionary(fc.constantFrom(...topics), fc.uniqueArray(fc.nat(14)));
const group = fc
  .array(fc.tuple(owned, fc.subarray(topics), fc.nat(3)), { minLength: 1, maxLength: 5 })
  .map((all) =>
    all.map(([has, subscribed, generation], i) =>
      member(`m${i}`, { owned: has, topics: subscribed, generation }),
    ),
  );

const pairs = (share: Partitions) =>
  Object.entries(share).flatMap(([topic, all]) => all.map((n) => `${topic}/${n}`));

describe('assignPartitions', () => {
  test('whatever members claim, each partition goes to one subscriber, evenly by Kafka topic', () => {
    fc.assert(
      fc.property(group, layout, (members, partitions) => {
        const shares = assignPartitions(members, partitions);
        expect([...shares.keys()].sort()).toEqual(members.map((m) => m.memberId).sort());
        for (const topic of topics) {
          const subscribers = members.filter((m) => m.topics.includes(topic));
          const counts = subscribers.map((m) => shares.get(m.memberId)?.[topic]?.length ?? 0);
          const given = [...shares.values()].flatMap((share) => share[topic] ?? []);
          const wanted = subscribers.length === 0 ? [] : (partitions[topic] ?? []);
          expect(given.sort((x, y) => x - y)).toEqual(wanted);
          expect(Math.max(0, ...counts) - Math.min(...counts, 99)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('one that comes or goes takes from the others no more than its share', () => {
    fc.assert(
      fc.property(layout, fc.integer({ min: 1, max: 5 }), (partitions, count) => {
        const fresh = numbers(count).map((i) => member(`m${i}`));
        const before = assignPartitions(fresh, partitions);
        const settled = fresh.map((m) => ({ ...m, owned: before.get(m.memberId) ?? {} }));
        expect(assignPartitions(settled, partitions)).toEqual(before);
        const after = assignPartitions([...settled, member('new')], partitions);
        for (const { memberId } of settled) {
          const [had, has] = [before, after].map((all) => pairs(all.get(memberId) ?? {}));
          expect(has?.filter((each) => !had?.includes(each))).toEqual([]);
        }
        const gone = assignPartitions(settled.slice(1), partitions);
        for (const { memberId } of settled.slice(1)) {
          const [had, has] = [before, gone].map((all) => pairs(all.get(memberId) ?? {}));
          expect(had?.filter((each) => !has?.includes(each))).toEqual([]);
        }
      }),
    );
  });

  test('of two that claim a partition the one of the newer generation keeps it', () => {
    const [old, newer] = [1, 2].map((generation) =>
      member(`m${generation}`, { owned: { a: [0, 1] }, generation }),
    );
    if (old === undefined || newer === undefined) throw new Error('there are two');
    expect(assignPartitions([old, newer], { a: [0, 1] }).get('m2')).toEqual({ a: [0] });
  });
});
