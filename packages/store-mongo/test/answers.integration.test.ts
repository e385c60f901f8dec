import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { type Document, Long, MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { mongoStore } from '../src/index.js';
import { type Answers, fakeMongo, type kinds } from './fake-mongo.js';

// What a MongoDB answers that the server under test never does, given by a fake to the real driver.

async function storeAt(kind: keyof typeof kinds, answers: Answers) {
  const client = new MongoClient(await fakeMongo(kind, answers));
  onTestFinished(() => client.close());
  const store = mongoStore({ client });
  onTestFinished(() => store.close());
  await store.start();
  const { outbox } = store;
  if (outbox === undefined) throw new Error('the store has no outbox');
  return { client, store, outbox };
}

test('a stand-alone MongoDB has no transactions', async () => {
  const { client, outbox } = await storeAt('standAlone', ({ insert, txnNumber }: Document) => {
    if (insert === undefined || txnNumber === undefined) return undefined;
    const errmsg = 'Transaction numbers are only allowed on a replica set member or mongos';
    return { ok: 0, code: 20, codeName: 'IllegalOperation', errmsg };
  });
  const put = client.withSession((session) =>
    session.withTransaction(() => outbox.put(session, [sampleDraft(freshChannel())])),
  );
  await expect(put).rejects.toMatchObject({ code: 'TRANSACTIONS_UNSUPPORTED' });
});

test('a transaction that MongoDB undid for the sake of another is run again by its withTransaction', async () => {
  let inserts = 0;
  const { client, outbox } = await storeAt('replicaSet', ({ insert }: Document) => {
    if (insert === undefined) return undefined;
    inserts += 1;
    const label = { errorLabels: ['TransientTransactionError'] };
    return inserts > 1 ? { n: 1 } : { ok: 0, code: 112, codeName: 'WriteConflict', ...label };
  });
  await client.withSession((session) =>
    session.withTransaction(() => outbox.put(session, [sampleDraft(freshChannel())])),
  );
  expect(inserts).toBe(2);
});

test('what the majority has not taken in time is not accepted', async () => {
  const { store } = await storeAt('replicaSet', ({ insert }: Document) => {
    if (insert === undefined) return undefined;
    const errmsg = 'waiting for replication timed out';
    return { n: 1, writeConcernError: { code: 64, codeName: 'WriteConcernTimeout', errmsg } };
  });
  const drafts = [sampleDraft(freshChannel()), sampleDraft(freshChannel())];
  expect(await store.append(drafts)).toMatchObject([
    { status: 'failed', error: { code: 'STORE_UNAVAILABLE', retryable: true } },
    { status: 'failed', error: { code: 'STORE_UNAVAILABLE', retryable: true } },
  ]);
});

test('a primary that has stepped down is waited for by start', async () => {
  let refused = 0;
  const { store } = await storeAt('replicaSet', ({ createIndexes }: Document) => {
    if (createIndexes === undefined || refused === 2) return undefined;
    refused += 1;
    return { ok: 0, code: 10_107, codeName: 'NotWritablePrimary', errmsg: 'not primary' };
  });
  expect(refused).toBe(2);
  expect(await store.positions(['user:1'])).toMatchObject([{ offset: 0 }]);
});

test('commits are told by a change stream, which the driver resumes', async () => {
  const asked: Document[] = [];
  /** What a commit brings, then that the primary has gone, then nothing. */
  const batches: Document[] = [
    { cursor: { id: Long.ONE, ns: 'x.rn_outbox', nextBatch: [{ _id: { _data: '01' } }] } },
    { ok: 0, code: 10_107, errmsg: 'not primary', errorLabels: ['ResumableChangeStreamError'] },
  ];
  const nothing = { cursor: { id: Long.ONE, ns: 'x.rn_outbox', nextBatch: [] } };
  const { outbox } = await storeAt('replicaSet', (command: Document) => {
    if (command.aggregate !== undefined) {
      asked.push(command);
      return { cursor: { id: Long.ONE, ns: 'x.rn_outbox', firstBatch: [] } };
    }
    if (command.getMore === undefined) return undefined;
    // The first is of opening it.
    if (told === 0 && asked.length === 1) return nothing;
    return batches.shift() ?? nothing;
  });
  let told = 0;
  const stop = outbox.watch(() => {
    told += 1;
  });
  await eventually(() => expect(asked).toHaveLength(2));
  stop();
  // That it is open, and the commit.
  expect(told).toBe(2);
  const [first, second] = asked.map(({ pipeline }) => pipeline);
  expect(first).toEqual([
    { $changeStream: {} },
    { $match: { operationType: 'insert', 'fullDocument.first': true } },
    { $project: { _id: 1 } },
  ]);
  expect(second[0]).toEqual({ $changeStream: { resumeAfter: { _data: '01' } } });
});
