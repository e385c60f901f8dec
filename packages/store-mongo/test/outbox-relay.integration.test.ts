import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import type { Draft, Outbox, OutboxDraft, Store } from '@realtime-notify/core';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type MongoStoreSettings, mongoStore } from '../src/index.js';
import { HangingClient } from './hanging-client.js';
import { numbered, type OutboxPlace, outboxOf } from './stand-in-transactions.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

// Drafts are written here without a transaction, as a commit leaves them: the relay asks for no more.
let client: MongoClient;
beforeAll(async () => {
  client = await new MongoClient(mongoUrl).connect();
});
afterAll(async () => {
  await client?.close();
  await dropRunDatabase();
});

const nothing = { drafts: [], outcomes: [], more: false };
const unavailable = { code: 'STORE_UNAVAILABLE' };
/** A lease lasts as long as a call may. */
const hasty = { commandTimeoutMs: 1_000 };

interface Relaying {
  readonly store: Store;
  readonly outbox: Outbox;
}

function freshPlace(): OutboxPlace {
  return { db: client.db(runDatabase), collectionPrefix: freshPrefix() };
}

async function relaying(
  { collectionPrefix }: OutboxPlace,
  { client: own = client, ...settings }: MongoStoreSettings & { client?: MongoClient } = {},
): Promise<Relaying> {
  const where = { client: own, database: runDatabase, collectionPrefix };
  const store = mongoStore({ ...where, commandTimeoutMs: 20_000, ...settings });
  onTestFinished(() => store.close());
  await store.start();
  const { outbox } = store;
  if (outbox === undefined) throw new Error('the store has no outbox');
  return { store, outbox };
}

async function hangingClient(): Promise<HangingClient> {
  const hanging = new HangingClient(mongoUrl);
  onTestFinished(() => hanging.close());
  await hanging.connect();
  return hanging;
}

async function commit(place: OutboxPlace, drafts: readonly OutboxDraft[]): Promise<void> {
  await outboxOf(place).insertMany([...(await numbered(place, drafts))]);
}

async function idsOf({ store }: Relaying, channel: string): Promise<readonly string[]> {
  const [page] = await store.readAfter([{ channel, after: 0, limit: 1_000 }]);
  return (page?.items ?? []).map(({ id }) => id);
}

const idsIn = (drafts: readonly Draft[]): readonly string[] => drafts.map(({ id }) => id);

test('O2 a relay that ended between append and deletion: appended once, however long ago, and told', async () => {
  const place = freshPlace();
  const relay = await relaying(place, { idempotencyWindowMs: 1 });
  const channel = freshChannel();
  const idempotency = { key: 'k', digest: 'd' };
  const drafts = [sampleDraft(channel), sampleDraft(channel, { idempotency })];
  await commit(place, drafts);
  const documents = await outboxOf(place).find().toArray();
  await relay.outbox.relay(10);
  // Of anyone else, so that the log goes on.
  const direct = sampleDraft(channel);
  await relay.store.append([direct]);
  const [head] = await relay.store.positions([channel]);
  await relay.store.renewEpoch(channel, head?.epoch ?? '');
  // As if the deletion had never come.
  await outboxOf(place).insertMany(documents);
  const later = sampleDraft(channel);
  await commit(place, [later]);
  const told = await relay.outbox.relay(10);
  expect(told.drafts).toEqual([...drafts, later]);
  expect(told.outcomes.map(({ status }) => status)).toEqual(['appended', 'appended', 'appended']);
  expect(await idsOf(relay, channel)).toEqual(idsIn([...drafts, direct, later]));
  expect(await relay.outbox.relay(10)).toEqual(nothing);
});

test('O2 the same where the log does not keep it any more: nobody is told', async () => {
  const place = freshPlace();
  const relay = await relaying(place, { idempotencyWindowMs: 1 });
  const channel = freshChannel();
  await commit(place, [sampleDraft(channel)]);
  const documents = await outboxOf(place).find().toArray();
  await relay.outbox.relay(10);
  await place.db.collection(`${place.collectionPrefix}entries`).deleteMany({});
  await outboxOf(place).insertMany(documents);
  expect(await relay.outbox.relay(10)).toEqual(nothing);
  expect(await idsOf(relay, channel)).toEqual([]);
  expect(await outboxOf(place).countDocuments()).toBe(0);
});

test.each([
  ['reads the head', 'heads', 'find'],
  ['appends', 'entries', 'insertMany'],
  ['deletes', 'outbox', 'deleteMany'],
] as const)(
  'O2 O4 a relay that hangs before it %s is overtaken, and does no harm when it goes on',
  async (_, collection, method) => {
    const place = freshPlace();
    const hanging = await hangingClient();
    const hold = hanging.hold(collection, method);
    const late = await relaying(place, { client: hanging, ...hasty });
    const relay = await relaying(place, { idempotencyWindowMs: 1 });
    const channel = freshChannel();
    const drafts = Array.from({ length: 4 }, () => sampleDraft(channel));
    await commit(place, drafts.slice(0, 2));
    hold.arm();
    const hung = late.outbox.relay(10).catch((error: unknown) => error);
    await hold.reached;
    expect(await hung).toMatchObject(unavailable);
    await eventually(async () => {
      await relay.outbox.relay(10);
      expect(await outboxOf(place).countDocuments()).toBe(0);
    });
    // Others follow, so that the log names the first ones no more.
    for (const draft of drafts.slice(2)) {
      await commit(place, [draft]);
      await relay.outbox.relay(10);
    }
    hold.release();
    // Behind what it had waiting, in one line for the channel.
    const direct = sampleDraft(channel, { idempotency: { key: 'k', digest: 'd' } });
    await eventually(async () => {
      const [outcome] = await late.store.append([direct]);
      expect(outcome?.status).toMatch(/appended|duplicate/);
    });
    expect(await idsOf(relay, channel)).toEqual(idsIn([...drafts, direct]));
  },
);

test('O2 a relay that was overtaken tells nothing: the other did', async () => {
  const place = freshPlace();
  const hanging = await hangingClient();
  const hold = hanging.hold('outbox', 'deleteMany');
  const late = await relaying(place, { client: hanging });
  const relay = await relaying(place);
  const channel = freshChannel();
  await commit(place, [sampleDraft(channel)]);
  hold.arm();
  const hung = late.outbox.relay(10);
  await hold.reached;
  // As if its lease had ended.
  await place.db.collection(`${place.collectionPrefix}outbox_leases`).deleteMany({});
  expect((await relay.outbox.relay(10)).outcomes).toMatchObject([{ status: 'appended' }]);
  hold.release();
  expect(await hung).toEqual(nothing);
  expect(await idsOf(relay, channel)).toHaveLength(1);
});

test('O4 who finds a shard taken leaves it alone', async () => {
  const place = freshPlace();
  const hanging = await hangingClient();
  const hold = hanging.hold('entries', 'insertMany');
  const first = await relaying(place, { client: hanging });
  const second = await relaying(place);
  const draft = sampleDraft(freshChannel());
  await commit(place, [draft]);
  hold.arm();
  const relayed = first.outbox.relay(10);
  await hold.reached;
  expect(await second.outbox.relay(10)).toEqual(nothing);
  hold.release();
  expect((await relayed).drafts).toEqual([draft]);
});

test('O3 a read that passed over what was committed meanwhile is done again', async () => {
  const place = freshPlace();
  const blind = await hangingClient();
  let missed = 0;
  blind.onCollection((collection) => {
    if (!collection.collectionName.endsWith('outbox')) return;
    const find = collection.find.bind(collection);
    const passing = (...[filter = {}, options]: Parameters<typeof find>) => {
      // The first look at whole drafts does not see number 1.
      const isLook = options?.projection === undefined && missed === 0;
      if (isLook) missed += 1;
      return isLook ? find({ ...filter, number: { $ne: 1 } }, options) : find(filter, options);
    };
    Object.assign(collection, { find: passing });
  });
  const relay = await relaying(place, { client: blind });
  const channel = freshChannel();
  const drafts = [sampleDraft(channel), sampleDraft(channel)];
  await commit(place, drafts);
  await relay.outbox.relay(10);
  expect(missed).toBe(1);
  await relay.outbox.relay(10);
  expect(await idsOf(relay, channel)).toEqual(idsIn(drafts));
});

test('O3 many of one channel go in parts, in order, and keep no other channel from its turn', async () => {
  const place = freshPlace();
  const relay = await relaying(place);
  const [busy, quiet] = [freshChannel(), freshChannel()];
  const drafts = Array.from({ length: 60 }, () => sampleDraft(busy));
  await commit(place, [...drafts, sampleDraft(quiet)]);
  const first = await relay.outbox.relay(200);
  expect(first.drafts.filter(({ channel }) => channel === quiet)).toHaveLength(1);
  expect(first.drafts).toHaveLength(26);
  expect(first.more).toBe(true);
  while ((await relay.outbox.relay(200)).more);
  expect(await idsOf(relay, busy)).toEqual(idsIn(drafts));
});
