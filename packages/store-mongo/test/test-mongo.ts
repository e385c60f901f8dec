import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';

/** The server that `npm run services -- up mongo` leaves running. */
export const mongoUrl =
  process.env.MONGODB_URL ?? 'mongodb://127.0.0.1:17017/?directConnection=true';

/** A database of this run only. */
export const runDatabase = `rn_test_${process.pid}_${Date.now()}`;

/** Collections that no other test uses. */
export function freshPrefix(): string {
  return `t${randomUUID().slice(0, 8)}_`;
}

/** Takes the run's database away. */
export async function dropRunDatabase(): Promise<void> {
  await withClient((client) => client.db(runDatabase).dropDatabase());
}

/** Rejects with what to do where the server is not there. */
export async function withClient<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(mongoUrl, { serverSelectionTimeoutMS: 2_000 });
  try {
    await client.connect().catch((cause: unknown) => {
      throw new Error('MongoDB is not reachable: start it with: npm run services -- up mongo', {
        cause,
      });
    });
    return await work(client);
  } finally {
    await client.close();
  }
}
