import { type Draft, NO_EPOCH, NO_TAG, originPosition, tagOf } from '@realtime-notify/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EntryDocument, entryKey, headOf, keyedName } from './documents.js';
import { type LogDraft, takenOut } from './outbox-drafts.js';
import { type AppendSituation, planAppend } from './plan-append.js';

const channel = 'user:1';
const origin = {
  ...{ seq: 0, epoch: NO_EPOCH, offset: 0, tag: NO_TAG },
  ...{ sum: 0, start: 1, base: 0, stateSeq: 0, at: 0 },
};

function draft(n: number, fields: Partial<Draft> = {}): Draft {
  const id = `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  return { channel, id, type: 'message', time: 1, dataJson: '"ab"', ...fields };
}

function plan(drafts: readonly LogDraft[], fields: Partial<AppendSituation> = {}) {
  return planAppend({
    channel,
    drafts,
    head: origin,
    used: new Map(),
    outbox: { waiting: new Set(), entries: new Map() },
    now: 1_000,
    retention: { maxCount: 3, maxAgeMs: 500, maxBytes: false },
    idempotencyWindowMs: 2_000,
    newEpoch: () => 'fresh1',
    ...fields,
  });
}

test('entries follow the head one by one, each names the one before it', () => {
  const { entries } = plan([draft(1), draft(2), draft(3), draft(4)]);
  expect(entries.map(({ _id, seq, offset, start, sum }) => [_id, seq, offset, start, sum])).toEqual(
    [1, 2, 3, 4].map((n) => [entryKey(channel, n), n, n, Math.max(1, n - 2), 4 * n]),
  );
  const tags = [1, 2, 3].map((n) => tagOf(draft(n).id));
  expect(entries.map(({ item }) => item?.previous)).toEqual([NO_TAG, ...tags]);
  expect(new Set(entries.map(({ epoch }) => epoch))).toEqual(new Set(['fresh1']));
});

test('after a renewal places go on and offsets too, apart', () => {
  const head = { ...origin, seq: 9, offset: 7, epoch: 'e2', tag: 'aaaaaaaa' };
  const { entries } = plan([draft(1)], { head });
  expect(entries[0]).toMatchObject({ seq: 10, offset: 8, epoch: 'e2' });
});

test('time does not run back within a log, and what expires does so after everything that may ask for it', () => {
  const head = { ...origin, seq: 1, offset: 1, epoch: 'e1', at: 5_000 };
  const keyed = draft(2, { idempotency: { key: 'k', digest: 'd' } });
  const { entries } = plan([draft(1), keyed], { head });
  expect(entries.map(({ at, expireAt }) => [at, expireAt?.getTime()])).toEqual([
    [5_000, 65_500],
    [5_000, 67_000],
  ]);
  const forEver = { maxCount: 3, maxAgeMs: false, maxBytes: false } as const;
  expect(plan([draft(1)], { retention: forEver }).entries[0]).not.toHaveProperty('expireAt');
});

test('a key used earlier in the same plan is a duplicate or a conflict, and needs that entry', () => {
  const key = (digest: string) => ({ idempotency: { key: 'k', digest } });
  const { entries, planned } = plan([draft(1, key('a')), draft(2, key('a')), draft(3, key('b'))]);
  expect(entries).toHaveLength(1);
  expect(planned.map(({ needs, outcome }) => [needs, outcome.status])).toEqual([
    [1, 'appended'],
    [1, 'duplicate'],
    [1, 'failed'],
  ]);
});

test('a key that the log knows answers with what it knows, whatever its epoch is now', () => {
  const idempotency = { key: 'k', digest: 'a' };
  const [first] = plan([draft(1, { idempotency })]).entries as [EntryDocument];
  const used = new Map([[keyedName(channel, 'k'), first]]);
  const head = { ...headOf(first), seq: 2, epoch: 'e9' };
  const { entries, planned } = plan([draft(2, { idempotency })], { used, head });
  expect(entries).toEqual([]);
  expect(planned[0]).toMatchObject({
    needs: 0,
    outcome: { status: 'duplicate', envelope: { id: draft(1).id, epoch: 'fresh1', offset: 1 } },
  });
});

test('a change from elsewhere takes no place; a later one sees the state of an earlier one', () => {
  const moved = draft(1, { change: { from: { ...originPosition, offset: 1 }, stateJson: '1' } });
  const right = draft(2, { change: { from: originPosition, stateJson: '2' } });
  const { entries, planned } = plan([moved, right, draft(3)]);
  expect(planned.map(({ outcome }) => outcome.status)).toEqual(['failed', 'appended', 'appended']);
  expect(entries.map(({ stateSeq, state }) => [stateSeq, state])).toEqual([
    [1, '2'],
    [1, undefined],
  ]);
});

test('a floor beyond the head begins an epoch, which the drafts after it are of', () => {
  const head = { ...origin, seq: 2, offset: 2, epoch: 'old', tag: 'aaaaaaaa' };
  const floor = { epoch: 'old', offset: 5, tag: 'bbbbbbbb' };
  const { entries } = plan([draft(1, { floor }), draft(2, { floor })], { head });
  expect(entries.map(({ epoch, offset }) => [epoch, offset])).toEqual([
    ['fresh1', 3],
    ['fresh1', 4],
  ]);
});

test('keys of a channel sort by place, and lie between no keys of another', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !/\p{Cc}/u.test(text));
  fc.assert(
    fc.property(name, name, fc.nat(), fc.nat(), (one, other, a, b) => {
      expect(entryKey(one, a) < entryKey(one, b)).toBe(a < b);
      fc.pre(one !== other);
      const inside = entryKey(other, a);
      expect(inside > entryKey(one, 0) && inside < `${one}\n:`).toBe(false);
    }),
  );
});

const look = (waiting: readonly number[]) => ({ waiting: new Set(waiting), entries: new Map() });
const relayed = (n: number, after?: number): LogDraft => ({
  ...draft(n),
  outbox: { number: n, after },
});

test('drafts of the outbox are noted with their entries, and those that have left it no more', () => {
  const head = { ...origin, seq: 1, offset: 1, epoch: 'e1', relayed: [1, 2] };
  const drafts = [draft(9), relayed(3), draft(10), relayed(4, 3)];
  const { entries } = plan(drafts, { head, outbox: look([2, 3, 4]) });
  expect(entries.map((entry) => entry.relayed)).toEqual([
    [1, 2],
    [2, 3],
    [2, 3],
    [2, 3, 4],
  ]);
  expect(plan([draft(1)]).entries[0]).not.toHaveProperty('relayed');
});

test('a draft of the outbox that is noted or gone is not appended', () => {
  const head = { ...origin, seq: 1, offset: 1, epoch: 'e1', relayed: [1] };
  const { entries, planned } = plan([relayed(1), relayed(2, 1)], { head, outbox: look([1]) });
  expect(entries).toEqual([]);
  expect(planned.map(({ outcome }) => outcome)).toEqual([
    { status: 'failed', error: takenOut },
    { status: 'failed', error: takenOut },
  ]);
});

test('a draft of the outbox waits for the one before it, whatever became of that', () => {
  const outbox = look([1, 2]);
  const [alone] = plan([relayed(2, 1)], { outbox }).planned;
  expect(alone?.outcome).toMatchObject({ status: 'failed', error: { code: 'STORE_UNAVAILABLE' } });
  const statuses = (fields: Partial<AppendSituation>, drafts = [relayed(2, 1)]) =>
    plan(drafts, { outbox, ...fields }).planned.map(({ outcome }) => outcome.status);
  expect(statuses({}, [relayed(1), relayed(2, 1)])).toEqual(['appended', 'appended']);
  expect(statuses({ head: { ...origin, relayed: [1] } })).toEqual(['appended']);
  expect(statuses({ outbox: look([2]) })).toEqual(['appended']);
  // A conflict is decided, too.
  const [entry] = plan([draft(7, { idempotency: { key: 'k', digest: 'd' } })]).entries;
  const used = new Map(entry === undefined ? [] : [[keyedName(channel, 'k'), entry]]);
  const conflict = { ...relayed(1), idempotency: { key: 'k', digest: 'other' } };
  expect(statuses({ used }, [conflict, relayed(2, 1)])).toEqual(['failed', 'appended']);
});
