import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { serviceAddress } from './service-address.js';

/** The shared MongoDB, with collections in it that are a test's own. */
export interface MongoDatabase {
  readonly url: string;
  release(): Promise<void>;
}

/** Whether FerretDB stands for MongoDB, which reads whole collections for nearly every query. */
export async function mongoIsFerretdb(): Promise<boolean> {
  const client = new MongoClient(serviceAddress('MONGODB_URL'));
  const info = await client.db('admin').command({ buildInfo: 1 });
  await client.close();
  return 'ferretdbVersion' in info;
}

export async function mongoDatabase(): Promise<MongoDatabase> {
  const name = `e2e_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(serviceAddress('MONGODB_URL'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async release() {
      const client = new MongoClient(url.href);
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}
