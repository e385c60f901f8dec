import { randomUUID } from 'node:crypto';
import type { MongoClient } from 'mongodb';
import { runDatabase, withClient } from './test-mongo.js';

/** What the server under test is, and which parts of MongoDB it has. */
export interface ServerAbilities {
  readonly name: string;
  /** Takes out by itself what has expired. */
  readonly ttl: boolean;
  readonly transactions: boolean;
  readonly changeStreams: boolean;
  /** Reads and writes a document in one step. */
  readonly indivisibleUpdates: boolean;
  /** Several members, or one that is ready to have more: `majority` and repeated writes mean something. */
  readonly replicaSet: boolean;
}

/** Asked of the server itself, whatever its name. */
export function probeServer(): Promise<ServerAbilities> {
  return withClient(async (client) => ({
    name: await nameOf(client),
    ttl: await hasTtl(client),
    transactions: await hasTransactions(client),
    changeStreams: await hasChangeStreams(client),
    indivisibleUpdates: await hasIndivisibleUpdates(client),
    replicaSet: await isReplicaSet(client),
  }));
}

async function nameOf(client: MongoClient): Promise<string> {
  const { version, ferretdbVersion } = await client.db('admin').command({ buildInfo: 1 });
  return ferretdbVersion === undefined ? `MongoDB ${version}` : 'FerretDB';
}

function freshCollection(client: MongoClient) {
  return client.db(runDatabase).collection<{ _id: number; taken?: number }>(randomUUID());
}

async function hasTtl(client: MongoClient): Promise<boolean> {
  const collection = freshCollection(client);
  return works(() => collection.createIndex({ expireAt: 1 }, { expireAfterSeconds: 0 }));
}

async function hasTransactions(client: MongoClient): Promise<boolean> {
  const collection = freshCollection(client);
  const session = client.startSession();
  try {
    session.startTransaction();
    return await works(() => collection.insertOne({ _id: 1 }, { session }));
  } finally {
    await session.abortTransaction().catch(() => undefined);
    await session.endSession();
  }
}

async function hasChangeStreams(client: MongoClient): Promise<boolean> {
  const changes = freshCollection(client).watch([], { maxAwaitTimeMS: 100 });
  try {
    return await works(() => changes.tryNext());
  } finally {
    await changes.close();
  }
}

async function hasIndivisibleUpdates(client: MongoClient): Promise<boolean> {
  const collection = freshCollection(client);
  const count = 60;
  await collection.insertMany(Array.from({ length: count }, (_, _id) => ({ _id })));
  const takers = Array.from({ length: 8 }, async (_, taker) => {
    for (let taken = 0; ; taken += 1) {
      const free = { taken: { $exists: false } };
      if ((await collection.findOneAndUpdate(free, { $set: { taken: taker } })) === null) {
        return taken;
      }
    }
  });
  const taken = await Promise.all(takers);
  return taken.reduce((sum, each) => sum + each, 0) === count;
}

async function isReplicaSet(client: MongoClient): Promise<boolean> {
  const { setName, msg } = await client.db('admin').command({ hello: 1 });
  return setName !== undefined || msg === 'isdbgrid';
}

async function works(call: () => Promise<unknown>): Promise<boolean> {
  return call().then(
    () => true,
    () => false,
  );
}
