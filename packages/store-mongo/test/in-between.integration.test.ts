import { freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import type { Store } from '@realtime-notify/core';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { mongoStore } from '../src/index.js';
import { HangingClient } from './hanging-client.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

// What happens between two steps of this process, put there by hand.
afterAll(dropRunDatabase);

async function changed(change: (client: HangingClient) => void): Promise<Store> {
  const client = new HangingClient(mongoUrl);
  onTestFinished(() => client.close());
  change(client);
  const where = { database: runDatabase, collectionPrefix: freshPrefix() };
  const store = mongoStore({ client, ...where });
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('a head document that a rival has made meanwhile, and is behind, is moved forward all the same', async () => {
  const heads: (() => Promise<unknown>)[] = [];
  const store = await changed((client) => {
    client.onCollection((collection) => {
      if (!collection.collectionName.endsWith('heads')) return;
      heads.push(() => collection.find().toArray());
      const bulkWrite = collection.bulkWrite.bind(collection);
      let isFirst = true;
      const late = async (...args: Parameters<typeof bulkWrite>): Promise<unknown> => {
        if (!isFirst) return bulkWrite(...args);
        isFirst = false;
        // As MongoDB does: the filter found nothing, and the insert met the rival's.
        const [update] = args[0];
        if (update === undefined || !('updateOne' in update)) throw new Error('no update');
        const { filter, update: change } = update.updateOne;
        const rival = { seq: 0, offset: 0, epoch: Object(change).$set.epoch };
        await collection.insertOne({ ...rival, _id: Object(filter)._id });
        const writeErrors = [{ code: 11_000, index: 0 }];
        throw Object.assign(new Error('E11000'), { code: 11_000, writeErrors });
      };
      Object.assign(collection, { bulkWrite: late });
    });
  });
  const [outcome] = await store.append([sampleDraft(freshChannel())]);
  expect(outcome).toMatchObject({ status: 'appended', envelope: { offset: 1 } });
  expect(await heads[0]?.()).toMatchObject([{ seq: 1, offset: 1 }]);
});

async function slowLeases(beforeLease: (number: number) => void): Promise<Store> {
  const store = await changed((client) => {
    client.onCollection((collection) => {
      if (!collection.collectionName.endsWith('due')) return;
      const { findOneAndUpdate } = collection;
      let count = 0;
      const counted = async (...args: readonly unknown[]): Promise<unknown> => {
        count += 1;
        beforeLease(count);
        return Reflect.apply(findOneAndUpdate, collection, args);
      };
      Object.assign(collection, { findOneAndUpdate: counted });
    });
  });
  const keys = ['a', 'b', 'c', 'd'];
  await store.dueWork?.schedule(keys.map((key) => ({ key, afterMs: 0, workJson: '1' })));
  return store;
}

test('due work that was leased before a lease failed is handed over', async () => {
  const store = await slowLeases((number) => {
    if (number === 3) throw new Error('the connection is gone');
  });
  expect(await store.dueWork?.take(4, 60_000)).toHaveLength(2);
  expect(await store.dueWork?.take(4, 60_000)).toHaveLength(2);
});

test('due work is leased no longer than somebody waits for it', async () => {
  const clock = performance.now.bind(performance);
  let passedMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + passedMs);
  onTestFinished(() => void vi.restoreAllMocks());
  // Five seconds is how long a call may take.
  const store = await slowLeases(() => {
    passedMs += 1_500;
  });
  expect(await store.dueWork?.take(4, 60_000)).toHaveLength(2);
  expect(await store.dueWork?.take(4, 60_000)).toHaveLength(2);
});

test('a session that does not answer keeps nobody for ever', async () => {
  const client = new HangingClient(mongoUrl);
  onTestFinished(() => client.close());
  const hold = client.hold('outbox', 'insertMany');
  const where = { database: runDatabase, collectionPrefix: freshPrefix() };
  const store = mongoStore({ client, ...where, commandTimeoutMs: 1_000 });
  onTestFinished(() => store.close());
  await store.start();
  const session = client.startSession();
  onTestFinished(() => session.endSession());
  session.startTransaction();
  hold.arm();
  await expect(store.outbox?.put(session, [sampleDraft(freshChannel())])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'store-mongo: no answer on the session within 1000 ms: roll back',
  });
  hold.release();
});
