import type { Collection, CreateIndexesOptions, Db, IndexSpecification } from 'mongodb';
import { codeOf, isDuplicateKey, unavailable } from './driver-errors.js';

/** What this release makes and understands. */
const version = 2;

/** How one collection of ours is found by more than its `_id`. */
export interface IndexWish {
  readonly collection: string;
  readonly key: IndexSpecification;
  readonly options?: CreateIndexesOptions;
}

/** Collections and their indexes, in the order of the versions that brought them. */
const indexes: readonly IndexWish[] = [
  { collection: 'entries', key: { keyed: 1 }, options: { sparse: true } },
  { collection: 'entries', key: { expireAt: 1 }, options: { expireAfterSeconds: 0 } },
  { collection: 'heads', key: { expireAt: 1 }, options: { expireAfterSeconds: 0 } },
  { collection: 'due', key: { freeAt: 1 }, options: { sparse: true } },
  { collection: 'due', key: { expireAt: 1 }, options: { expireAfterSeconds: 0 } },
];

interface SchemaDocument {
  readonly _id: 'schema';
  readonly version: number;
}

/** The number of the last draft that was put, by anyone, committed or not. */
export interface NumberDocument {
  readonly _id: 'drafts';
  readonly last: number;
}

/** What {@link prepareSchema} is told. */
export interface SchemaSettings {
  readonly collectionPrefix: string;
  readonly migrate: boolean;
}

/**
 * Sees to it that collections and indexes are there; many nodes may do so at once.
 * @param noTtl - told where the server has no TTL, so that what is too old stays on its disk
 */
export async function prepareSchema(
  db: Db,
  { collectionPrefix, migrate }: SchemaSettings,
  noTtl: () => void,
): Promise<void> {
  const schemas = db.collection<SchemaDocument>(`${collectionPrefix}schema`);
  const found = await schemas.findOne({ _id: 'schema' });
  if (found !== null && found.version > version) {
    throw unavailable(`the collections are of version ${found.version}, newer than ${version}`);
  }
  if (found?.version === version) return;
  if (!migrate) throw unavailable(`the collections are not of version ${version} (migrate: false)`);
  let hasTtl = true;
  for (const wish of indexes) {
    const made = await makeIndex(db.collection(collectionPrefix + wish.collection), wish);
    hasTtl &&= made;
  }
  if (!hasTtl) noTtl();
  await prepareOutbox(db, collectionPrefix);
  await note(schemas);
}

/** A transaction that made the collection would be in the way of others. */
async function prepareOutbox(db: Db, collectionPrefix: string): Promise<void> {
  try {
    await db.createCollection(`${collectionPrefix}outbox`);
  } catch (error) {
    if (codeOf(error) !== namespaceExists) throw error;
  }
  const numbers = db.collection<NumberDocument>(`${collectionPrefix}outbox_numbers`);
  try {
    await numbers.updateOne({ _id: 'drafts' }, { $setOnInsert: { last: 0 } }, { upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

async function note(schemas: Collection<SchemaDocument>): Promise<void> {
  try {
    await schemas.updateOne({ _id: 'schema' }, { $max: { version } }, { upsert: true });
  } catch (error) {
    // Another node was as fast.
    if (!isDuplicateKey(error)) throw error;
  }
}

const notImplemented = 238;
const namespaceExists = 48;

/** False where the server has no TTL. */
async function makeIndex(collection: Collection, { key, options }: IndexWish): Promise<boolean> {
  try {
    await collection.createIndex(key, options);
    return true;
  } catch (error) {
    if (codeOf(error) !== notImplemented || options?.expireAfterSeconds === undefined) throw error;
    return false;
  }
}
