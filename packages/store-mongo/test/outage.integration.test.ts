import {
  eventually,
  freshChannel,
  OutOfBand,
  sampleDraft,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import { type AppendOutcome, originPosition, positionOf, type Store } from '@realtime-notify/core';
import { MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { type MongoStoreOptions, mongoStore } from '../src/index.js';
import { privateMongo } from './private-mongo.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const quick = { commandTimeoutMs: 3_000, maxReconnectDelayMs: 500 };

async function startedStore(options: MongoStoreOptions): Promise<Store> {
  const store = mongoStore(options);
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('kill -9 under traffic: what was accepted is there once, in order, and nothing else', async () => {
  const mongo = await privateMongo();
  const channel = freshChannel();
  const stores = await Promise.all(
    Array.from({ length: 3 }, () => startedStore({ url: mongo.url, ...quick })),
  );
  const total = 90;
  let accepted = 0;
  const thrown = await new OutOfBand().during(async () => {
    const writing = stores.map(async (store, writer) => {
      const placed: [key: string, offset: number][] = [];
      for (let i = 0; i < total / stores.length; i += 1) {
        const key = `${writer}-${i}`;
        const fields = { idempotency: { key, digest: key }, dataJson: `"${key}"` };
        const draft = sampleDraft(channel, fields);
        const { envelope } = await eventually(async () => done(await store.append([draft])));
        accepted += 1;
        placed.push([key, envelope.offset]);
      }
      return placed;
    });
    await eventually(() => expect(accepted).toBeGreaterThan(total / 4));
    await mongo.kill('SIGKILL');
    const [first] = stores;
    await eventually(() => expect(first?.positions([channel])).rejects.toMatchObject(unavailable));
    await mongo.restart();
    const placed = (await Promise.all(writing)).flat().toSorted(([, a], [, b]) => a - b);
    expect(placed.map(([, offset]) => offset)).toEqual(
      Array.from({ length: total }, (_, i) => i + 1),
    );
    const [page] = (await first?.readAfter([{ channel, after: 0, limit: 1_000 }])) ?? [];
    expect(page?.items.map(({ dataJson, offset }) => [JSON.parse(dataJson), offset])).toEqual(
      placed,
    );
  });
  expect(thrown).toEqual([]);
});

test('a server that stopped answering: calls reject, the link comes back, nothing runs twice', async () => {
  const mongo = await privateMongo();
  const store = await startedStore({ url: mongo.url, ...quick });
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  const thrown = await new OutOfBand().during(async () => {
    await mongo.kill('SIGSTOP');
    const lost = Array.from({ length: 10 }, () => sampleDraft(channel));
    for (const [outcome] of await Promise.all(lost.map((draft) => store.append([draft])))) {
      expect(outcome).toMatchObject({ status: 'failed', error: unavailable });
    }
    await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
    await mongo.kill('SIGCONT');
    const last = sampleDraft(channel);
    await eventually(async () => done(await store.append([last])));
    const [page] = await store.readAfter([{ channel, after: 0, limit: 100 }]);
    const ids = page?.items.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)).toBe(last.id);
  });
  expect(thrown).toEqual([]);
});

test('a half-open connection is broken off and made anew though no end was ever seen', async () => {
  const mongo = await privateMongo();
  const proxy = await tcpProxy(Number(new URL(mongo.url).port));
  const url = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
  const store = await startedStore({ url, ...quick });
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  proxy.freeze();
  await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
  await eventually(async () => done(await store.append([sampleDraft(channel)])));
});

test('an entry whose writer died before the head document followed: it is read, and counted on from', async () => {
  const mongo = await privateMongo();
  const store = await startedStore({ url: mongo.url });
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
  expect(done(await store.append([sampleDraft(channel)]))).toMatchObject({
    envelope: { offset: 3 },
  });
  expect(await heads.findOne({ _id: channel })).toMatchObject({ seq: 3, offset: 3 });
});

test('a state is in the head document, whatever becomes of the entry that brought it', async () => {
  const mongo = await privateMongo();
  const store = await startedStore({ url: mongo.url });
  const channel = freshChannel();
  const change = { from: originPosition, stateJson: '"kept"' };
  const { envelope } = done(await store.append([sampleDraft(channel, { change })]));
  const client = new MongoClient(mongo.url);
  onTestFinished(() => client.close());
  await client.db('realtime_notify').collection('rn_entries').deleteMany({});
  expect(await store.states([channel])).toEqual([
    { position: positionOf(envelope), stateJson: '"kept"' },
  ]);
});

test('a client of the host that waits for ever: calls are bounded all the same', async () => {
  const mongo = await privateMongo();
  const client = await new MongoClient(mongo.url).connect();
  onTestFinished(() => client.close(true));
  const store = await startedStore({ client, commandTimeoutMs: 500 });
  await mongo.kill('SIGSTOP');
  await expect(store.positions([freshChannel()])).rejects.toMatchObject(unavailable);
  await mongo.kill('SIGCONT');
});

test('start rejects while the server is away, and succeeds once it is there', async () => {
  const mongo = await privateMongo();
  await mongo.kill('SIGKILL');
  const store = mongoStore({ url: mongo.url, startTimeoutMs: 500 });
  onTestFinished(() => store.close());
  await expect(store.start()).rejects.toMatchObject(unavailable);
  await expect(store.positions(['user:1'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await mongo.restart();
  await eventually(() => store.start());
  await store.positions(['user:1']);
});

test('close ends a start that waits', async () => {
  const store = mongoStore({ url: 'mongodb://127.0.0.1:1', startTimeoutMs: 3_600_000 });
  const started = expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
  await store.close();
  await started;
});

test('one log line per change of the link', async () => {
  const mongo = await privateMongo();
  const lines: string[] = [];
  const note = (_facts: object, message: string): void => {
    if (message.includes('link')) lines.push(message);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const store = await startedStore({ url: mongo.url, logger, ...quick });
  await mongo.kill('SIGKILL');
  await eventually(() => expect(lines).toHaveLength(2));
  await mongo.restart();
  await eventually(() => expect(lines).toHaveLength(3));
  await store.close();
  const line = (state: string) => `store-mongo: the link to MongoDB is ${state}`;
  expect(lines).toEqual([line('up'), line('down'), line('up')]);
});

test('a client of the host is used and never closed', async () => {
  const mongo = await privateMongo();
  const client = await new MongoClient(mongo.url).connect();
  onTestFinished(() => client.close());
  const channel = freshChannel();
  const store = await startedStore({ client, database: 'host' });
  await store.append([sampleDraft(channel)]);
  await store.close();
  expect(await client.db('host').collection('rn_entries').countDocuments()).toBe(1);
});

function done(outcomes: readonly AppendOutcome[]): Exclude<AppendOutcome, { status: 'failed' }> {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  if (outcome.status === 'failed') throw outcome.error;
  return outcome;
}
