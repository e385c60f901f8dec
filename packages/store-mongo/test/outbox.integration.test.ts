import {
  freshChannel,
  type OpenTransaction,
  outboxContract,
  sampleDraft,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import type { Store } from '@realtime-notify/core';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type MongoStoreOptions, mongoStore } from '../src/index.js';
import { probeServer } from './server-abilities.js';
import { StandInTransaction, withStandIn } from './stand-in-transactions.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

const { transactions } = await probeServer();

// Without transactions there are no indivisible updates either: commands of one connection come one at a time.
let client: MongoClient;
let collectionPrefix: string;
beforeAll(async () => {
  client = await new MongoClient(mongoUrl, transactions ? {} : { maxPoolSize: 1 }).connect();
});
beforeEach(() => {
  collectionPrefix = freshPrefix();
});
afterAll(async () => {
  await client?.close();
  await dropRunDatabase();
});
const where = () => ({ database: runDatabase, collectionPrefix });
const patient = { commandTimeoutMs: 20_000 };

function storeOf(options: MongoStoreOptions): Store {
  const store = mongoStore(options);
  return transactions ? store : withStandIn(store);
}

async function begin(): Promise<OpenTransaction> {
  if (!transactions) {
    const standIn = new StandInTransaction({ db: client.db(runDatabase), collectionPrefix });
    return { session: standIn, commit: () => standIn.commit(), rollback: () => standIn.rollback() };
  }
  const session = client.startSession();
  session.startTransaction();
  const ending = (end: () => Promise<void>) => async (): Promise<void> => {
    await end();
    await session.endSession();
  };
  return {
    session,
    commit: ending(() => session.commitTransaction()),
    rollback: ending(() => session.abortTransaction()),
  };
}

outboxContract({
  name: transactions
    ? 'store-mongo'
    : 'store-mongo, put and watch by stand-ins: no transactions here',
  shared: true,
  // FerretDB is slow.
  modelRuns: transactions ? 40 : 10,
  create: () => storeOf({ client, ...where(), ...patient }),
  begin,
  createFragile: async () => {
    const url = new URL(mongoUrl);
    const { port, goAway } = await tcpProxy(Number(url.port));
    url.port = String(port);
    return { store: storeOf({ url: url.href, ...where(), commandTimeoutMs: 2_000 }), goAway };
  },
});

async function startedStore(options: MongoStoreOptions): Promise<Store> {
  const store = mongoStore(options);
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('O-SESSION a session of another client, or without a transaction, is refused', async () => {
  const ofUrl = await startedStore({ url: mongoUrl, ...where() });
  const ofClient = await startedStore({ client, ...where() });
  const session = client.startSession();
  onTestFinished(() => session.endSession());
  const drafts = [sampleDraft(freshChannel())];
  const refused = (why: string) => ({
    code: 'OPTIONS_INVALID',
    message: expect.stringContaining(why),
  });
  await expect(ofClient.outbox?.put(session, drafts)).rejects.toMatchObject(
    refused('no transaction open'),
  );
  session.startTransaction();
  await expect(ofUrl.outbox?.put(session, drafts)).rejects.toMatchObject(refused('`client`'));
  await session.abortTransaction().catch(() => undefined);
});

test(
  transactions
    ? 'a server with transactions takes a put, and what is aborted is never relayed'
    : 'a server without transactions says so when it is asked to put',
  async () => {
    const store = await startedStore({ client, ...where() });
    const session = client.startSession();
    onTestFinished(() => session.endSession());
    session.startTransaction();
    const put = store.outbox?.put(session, [
      sampleDraft(freshChannel()),
      sampleDraft(freshChannel()),
    ]);
    if (transactions) {
      await put;
    } else {
      await expect(put).rejects.toMatchObject({
        code: 'TRANSACTIONS_UNSUPPORTED',
        cause: expect.objectContaining({ name: expect.stringContaining('Mongo') }),
      });
    }
    await session.abortTransaction().catch(() => undefined);
    expect(await store.outbox?.relay(10)).toEqual({ drafts: [], outcomes: [], more: false });
  },
);

test('who watches where nothing is committed is told nothing, with change streams or without', async () => {
  const store = await startedStore({ url: mongoUrl, ...where() });
  let told = 0;
  const stop = store.outbox?.watch(() => {
    told += 1;
  });
  await store.positions([freshChannel()]);
  stop?.();
  expect(told).toBe(0);
});
