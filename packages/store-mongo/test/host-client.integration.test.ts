import { freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { privateMongo } from '../../../scripts/private-servers/mongo.js';
import { mongoStore } from '../src/index.js';

test('a client of the host that waits for ever: calls are bounded all the same', async () => {
  const mongo = await privateMongo();
  const client = await new MongoClient(mongo.url).connect();
  onTestFinished(() => client.close(true));
  const store = mongoStore({ client, commandTimeoutMs: 500 });
  onTestFinished(() => store.close());
  await store.start();
  await mongo.kill('SIGSTOP');
  await expect(store.positions([freshChannel()])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  await mongo.kill('SIGCONT');
});

test('a client of the host is used and never closed', async () => {
  const mongo = await privateMongo();
  const client = await new MongoClient(mongo.url).connect();
  onTestFinished(() => client.close());
  const channel = freshChannel();
  const store = mongoStore({ client, database: 'host' });
  await store.start();
  await store.append([sampleDraft(channel)]);
  await store.close();
  expect(await client.db('host').collection('rn_entries').countDocuments()).toBe(1);
});
