import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { serviceAddress } from './service-address.js';

/** The shared MongoDB, with collections in it that are a test's own. */
export interface MongoDatabase {
  readonly url: string;
  /** The ids in a collection. */
  ids(collection: string): Promise<readonly unknown[]>;
  release(): Promise<void>;
}

/** Whether transactions can be shown here: not by a server that stands alone, nor by FerretDB in its place. */
export async function mongoHasTransactions(): Promise<boolean> {
  const client = new MongoClient(serviceAddress('MONGODB_URL'));
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 });
  const build = await admin.command({ buildInfo: 1 });
  await client.close();
  return 'setName' in hello && !('ferretdbVersion' in build);
}

export async function mongoDatabase(): Promise<MongoDatabase> {
  const name = `e2e_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(serviceAddress('MONGODB_URL'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async ids(collection) {
      const client = new MongoClient(url.href);
      const found = await client.db(name).collection(collection).find().toArray();
      await client.close();
      return found.map(({ _id }) => _id);
    },
    async release() {
      const client = new MongoClient(url.href);
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}
