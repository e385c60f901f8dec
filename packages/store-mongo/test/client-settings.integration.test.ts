import { freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { type CommandStartedEvent, Long, MongoClient, type MongoClientOptions } from 'mongodb';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { mongoStore } from '../src/index.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

afterAll(dropRunDatabase);

async function hostClient(options: MongoClientOptions): Promise<MongoClient> {
  const client = new MongoClient(mongoUrl, options);
  onTestFinished(() => client.close());
  return client.connect();
}

const storeOn = async (client: MongoClient) => {
  const store = mongoStore({ client, database: runDatabase, collectionPrefix: freshPrefix() });
  onTestFinished(() => store.close());
  await store.start();
  return store;
};

test.each<[string, MongoClientOptions]>([
  ['as numbers of BSON', { promoteValues: false }],
  ['as bytes', { raw: true }],
])('a client that reads and writes documents %s', async (_, options) => {
  const store = await storeOn(await hostClient(options));
  const channel = freshChannel();
  const draft = { ...sampleDraft(channel), idempotency: { key: 'k', digest: 'd' } };
  const [first] = await store.append([draft]);
  expect(first).toMatchObject({ status: 'appended', envelope: { offset: 1, id: draft.id } });
  expect(await store.append([draft])).toMatchObject([{ status: 'duplicate' }]);
  expect(await store.append([sampleDraft(channel)])).toMatchObject([{ status: 'appended' }]);
  const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
  expect(page).toMatchObject({ logStart: 1, head: { offset: 2 } });
  expect(page?.items[0]).toMatchObject({ id: draft.id, time: draft.time });

  await store.dueWork?.schedule([{ key: 'w', afterMs: 0, workJson: '1' }]);
  const [work] = (await store.dueWork?.take(1, 60_000)) ?? [];
  expect(work).toMatchObject({ key: 'w', attempt: 1, mayRepeat: false });
  expect(await store.dueWork?.finish({ key: 'w', lease: work?.lease ?? '' })).toBe(true);
});

test('nothing of ours is asked or told but by the majority, whatever the client is set to', async () => {
  const hasty: MongoClientOptions = { w: 1, readConcernLevel: 'local', readPreference: 'nearest' };
  const client = await hostClient({ ...hasty, monitorCommands: true });
  const commands: CommandStartedEvent['command'][] = [];
  client.on('commandStarted', ({ command }) => commands.push(command));
  const store = await storeOn(client);
  const channel = freshChannel();
  await store.append([{ ...sampleDraft(channel), idempotency: { key: 'k', digest: 'd' } }]);
  await store.readAfter([{ channel, after: 0, limit: 10 }]);
  await store.dueWork?.take(1, 1_000);
  await store.outbox?.relay(1);

  const reads = commands.filter(({ find }) => find !== undefined);
  const writes = commands.filter((command) => {
    return 'insert' in command || 'update' in command || 'findAndModify' in command;
  });
  expect(reads.length).toBeGreaterThan(3);
  expect(writes.length).toBeGreaterThan(3);
  for (const { readConcern } of reads) expect(readConcern).toEqual({ level: 'majority' });
  for (const { writeConcern } of writes) {
    expect(writeConcern).toEqual({ w: 'majority', wtimeout: 5_000 });
  }
});

test.each<[string, MongoClientOptions]>([
  ['numbers', {}],
  ['longs', { promoteLongs: false }],
  ['bigints', { useBigInt64: true }],
])(
  'what joins a transaction leaves its concerns to that, and has its number (%s)',
  async (_, options) => {
    const client = await hostClient({ ...options, monitorCommands: true });
    const collectionPrefix = freshPrefix();
    const store = mongoStore({ client, database: runDatabase, collectionPrefix });
    onTestFinished(() => store.close());
    await store.start();
    const numbers = client.db(runDatabase).collection(`${collectionPrefix}outbox_numbers`);
    await numbers.updateOne({}, { $set: { last: Long.fromNumber(2 ** 40) } });
    const inserts: CommandStartedEvent['command'][] = [];
    client.on('commandStarted', ({ command }) => {
      if ('autocommit' in command && 'insert' in command) inserts.push(command);
    });
    const session = client.startSession();
    onTestFinished(() => session.endSession());
    session.startTransaction();
    // Over FerretDB it is refused; what was asked is what counts.
    await store.outbox?.put(session, [sampleDraft(freshChannel())]).catch(() => undefined);
    expect(inserts).toMatchObject([
      { startTransaction: true, autocommit: false, documents: [{ number: 2 ** 40 + 1 }] },
    ]);
    expect(inserts[0]).not.toHaveProperty('writeConcern');
    expect(inserts[0]).not.toHaveProperty('readConcern');
  },
);
