import { MongoClient } from 'mongodb';

/** One round trip that proves that it takes writes. */
export async function mongoAnswers(url: string): Promise<boolean> {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 2_000,
  });
  try {
    const probes = client.db('services').collection('probe');
    const { insertedId: _id } = await probes.insertOne({}, { writeConcern: { w: 'majority' } });
    const { deletedCount } = await probes.deleteOne({ _id });
    return deletedCount === 1;
  } finally {
    await client.close();
  }
}

/**
 * Makes a mongod that was started with `--replSet` a replica set of one; resolves at once.
 * @param host - what it calls itself
 */
export async function initiateReplicaSet(url: string, host: string): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 2_000, socketTimeoutMS: 5_000 });
  try {
    const { setName } = await client.db('admin').command({ hello: 1 });
    if (setName !== undefined) return;
    const config = { _id: 'rs0', members: [{ _id: 0, host }] };
    await client.db('admin').command({ replSetInitiate: config });
  } finally {
    await client.close();
  }
}
