import type { Collection, Filter, MongoClient } from 'mongodb';
import { afterAll, expect, test } from 'vitest';
import { dropRunDatabase, freshPrefix, runDatabase, withClient } from './test-mongo.js';

// The FerretDB of the services is not quite the released one: what it finds by SQLite's indexes must be what MongoDB
// finds, and one command may hold many updates.

interface Sample {
  readonly _id: string | number;
  readonly key?: string | number | readonly string[];
}

const afterPrefix = [
  '',
  '0',
  '05',
  '0"5',
  '0 5',
  '0\n',
  '0\\5',
  '"',
  '\\',
  ':',
  '9',
  'ä',
  '𝄞',
  '<',
];
const samples: readonly Sample[] = [
  ...afterPrefix.map((rest): Sample => ({ _id: `c\n${rest}` })),
  { _id: 7, key: 7 },
  { _id: 'd', key: 'x' },
  { _id: 'e', key: ['w', 'x'] },
  { _id: 'f', key: '["x"]' },
  { _id: 'g', key: 'y' },
  { _id: 'h', key: '{"x":"x"}' },
  { _id: 'i"', key: 'x"' },
];

afterAll(dropRunDatabase);

const found = async (of: Collection<Sample>, filter: Filter<Sample>) =>
  (await of.find(filter).toArray()).map(({ _id }) => _id).toSorted();

async function filled(client: MongoClient): Promise<Collection<Sample>> {
  const collection = client.db(runDatabase).collection<Sample>(`${freshPrefix()}samples`);
  await collection.createIndex({ key: 1 }, { sparse: true });
  await collection.insertMany(samples);
  return collection;
}

test('a range of ids finds those between, by the bytes of their characters', () =>
  withClient(async (client) => {
    const collection = await filled(client);
    const ids = samples.flatMap(({ _id }) => (typeof _id === 'string' ? [_id] : []));
    const bytes = (text: string) => Buffer.from(text);
    for (const low of ids) {
      for (const high of ['c\n:', 'c\n"', 'd', 'z']) {
        const within = (id: string) =>
          Buffer.compare(bytes(id), bytes(low)) >= 0 && Buffer.compare(bytes(id), bytes(high)) < 0;
        expect(await found(collection, { _id: { $gte: low, $lt: high } })).toEqual(
          ids.filter(within).toSorted(),
        );
      }
    }
  }));

test.each<[what: string, filter: Filter<Sample>, ids: readonly (string | number)[]]>([
  ['an id', { _id: 'i"' }, ['i"']],
  ['an id and another field', { _id: 'd', key: 'y' }, []],
  ['some ids', { _id: { $in: ['d', 'c\n', 7, 'none'] } }, [7, 'c\n', 'd']],
  ['a key, or an array with it', { key: 'x' }, ['d', 'e']],
  ['one of some keys', { key: { $in: ['y', 'w', 'x"'] } }, ['e', 'g', 'i"']],
  ['a key within a range of ids', { _id: { $gt: 'd', $lt: 'g' }, key: { $in: ['x'] } }, ['e']],
  ['text that looks like an array', { key: '["x"]' }, ['f']],
  ['none of no keys', { key: { $in: [] } }, []],
])('%s', (_what, filter, ids) =>
  withClient(async (client) => {
    expect(await found(await filled(client), filter)).toEqual(ids);
  }),
);

test('a command updates more documents than there are connections', () =>
  withClient(async (client) => {
    const collection = client.db(runDatabase).collection<Sample>(`${freshPrefix()}many`);
    const ids = Array.from({ length: 250 }, (_, n) => `id-${n}`);
    await collection.insertMany(ids.map((_id) => ({ _id, key: 'old' })));
    const updates = ids.map((_id) => ({
      updateOne: { filter: { _id, key: 'old' }, update: { $set: { key: 'new' } } },
    }));
    const { modifiedCount } = await collection.bulkWrite(updates, { ordered: false });
    expect(modifiedCount).toBe(ids.length);
    expect(await collection.countDocuments({ key: 'new' })).toBe(ids.length);
  }));
