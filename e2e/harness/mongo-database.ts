import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { serviceAddress } from './service-address.js';

/** The shared MongoDB, with collections in it that are a test's own. */
export interface MongoDatabase {
  readonly url: string;
  release(): Promise<void>;
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
