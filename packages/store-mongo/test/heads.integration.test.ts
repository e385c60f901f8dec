import { freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { originPosition, positionOf, type Store } from '@realtime-notify/core';
import { MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { privateMongo } from '../../../scripts/private-servers/mongo.js';
import { mongoStore } from '../src/index.js';

async function startedStore(url: string): Promise<Store> {
  const store = mongoStore({ url });
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('an entry whose writer died before the head document followed: it is read, and counted on from', async () => {
  const mongo = await privateMongo();
  const store = await startedStore(mongo.url);
  const channel = freshChannel();
  const drafts = [sampleDraft(channel), sampleDraft(channel)];
  await store.append(drafts);
  const client = new MongoClient(mongo.url);
  onTestFinished(() => client.close());
  const heads = client.db('realtime_notify').collection<{ _id: string; seq: number }>('rn_heads');
  const entries = client.db('realtime_notify').collection<{ _id: string }>('rn_entries');
  const [before] = await entries.find().sort({ _id: 1 }).toArray();
  const { _id: _, item: __, ...first } = { _id: 0, item: 0, ...before };
  await heads.replaceOne({ _id: channel }, { ...first, seq: 1 });
  const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
  expect(page?.items.map(({ id }) => id)).toEqual(drafts.map(({ id }) => id));
  // Nobody is told of it before the head document has it.
  expect(await heads.findOne({ _id: channel })).toMatchObject({ seq: 2, offset: 2 });
  await heads.replaceOne({ _id: channel }, { ...first, seq: 1 });
  expect(await store.append([sampleDraft(channel)])).toMatchObject([{ envelope: { offset: 3 } }]);
  expect(await heads.findOne({ _id: channel })).toMatchObject({ seq: 3, offset: 3 });
});

test('a state is in the head document, whatever becomes of the entry that brought it', async () => {
  const mongo = await privateMongo();
  const store = await startedStore(mongo.url);
  const channel = freshChannel();
  const change = { from: originPosition, stateJson: '"kept"' };
  const [outcome] = await store.append([sampleDraft(channel, { change })]);
  if (outcome?.status !== 'appended') throw new Error('the change was not made');
  const client = new MongoClient(mongo.url);
  onTestFinished(() => client.close());
  await client.db('realtime_notify').collection('rn_entries').deleteMany({});
  expect(await store.states([channel])).toEqual([
    { position: positionOf(outcome.envelope), stateJson: '"kept"' },
  ]);
});
