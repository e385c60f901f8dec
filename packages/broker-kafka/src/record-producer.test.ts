import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeConnection } from './node-connection.js';
import { chunks, RecordProducer } from './record-producer.js';

const record = fc.record({
  key: fc.string(),
  value: fc.string({ maxLength: 300 }),
  headers: fc.dictionary(fc.string(), fc.string()),
});

test('chunks: all records, in order, none empty, few where they are small', () => {
  fc.assert(
    fc.property(fc.array(record), fc.integer({ min: 1, max: 2_000 }), (records, maxBytes) => {
      const parts = chunks(records, maxBytes);
      expect(parts.flat()).toEqual(records);
      for (const part of parts) expect(part.length).toBeGreaterThan(0);
    }),
  );
  const small = Array.from({ length: 100 }, () => ({ key: 'k', value: 'v', headers: {} }));
  expect(chunks(small, 512 * 1024)).toHaveLength(1);
  const large = small.map((each) => ({ ...each, value: 'v'.repeat(1_000) }));
  expect(chunks(large, 10_000)).toHaveLength(12);
});

/** A connection that takes what is produced, or breaks. */
function connection(produce: NodeConnection['produce']): NodeConnection {
  const unused = () => Promise.reject(new Error('not asked for'));
  return {
    ...{
      address: { host: 'kafka', port: 1 },
      metadata: unused,
      listOffsets: unused,
      fetch: unused,
      fetchCommitted: unused,
    },
    produce,
    close: async () => {},
  };
}

/** Two partitions, led by node 1 and by node 2, which has died; a record's key is its partition. */
function halfDead(onFailure: (failures: number) => void) {
  const taken: string[] = [];
  let failures = 0;
  const living = connection(async (_topic, batches) => {
    for (const records of batches.values()) taken.push(...records.map(({ key }) => String(key)));
    return [];
  });
  const dead = connection(async () => {
    failures += 1;
    onFailure(failures);
    throw new Error('the connection broke');
  });
  const leaders = new Map([
    [0, 1],
    [1, 2],
  ]);
  const producer = new RecordProducer(
    { partitionOf: Number, protocolError: (code) => new Error(`code ${code}`) },
    {
      layout: async () => ({ leaders }),
      node: async (nodeId) => (nodeId === 1 ? living : dead),
      drop: async () => {},
    },
    // Longer than any test may take.
    { timeoutMs: 600_000, maxRequestBytes: 1_000, gzip: false, acks: -1, layoutMaxAgeMs: 1_000 },
    new AbortController().signal,
  );
  return { producer, taken, failures: () => failures };
}

const both = ['0', '1'].map((key) => ({ key, value: 'v', headers: {} }));
const unavailable = { code: 'BROKER_UNAVAILABLE' };

test('a leader that fails is waited for no longer once patience is over; the other has its records', async () => {
  const options = { patient: true };
  const { producer, taken, failures } = halfDead((count) => {
    options.patient = count < 3;
  });
  await expect(producer.produce('topic', both, options)).rejects.toMatchObject(unavailable);
  expect(failures()).toBe(3);
  expect(taken).toEqual(['0']);
});

test('without patience the first failure rejects', async () => {
  const { producer, taken, failures } = halfDead(() => {});
  const producing = producer.produce('topic', both, { patient: false });
  await expect(producing).rejects.toMatchObject(unavailable);
  expect(failures()).toBe(1);
  expect(taken).toEqual(['0']);
});
