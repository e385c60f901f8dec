import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { eventually } from '@realtime-notify/contract-kit';
import avro from 'avsc';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { produce, readLetters, sourceTopic, startSource, TestTarget } from './test-source.js';

const page = fileURLToPath(new URL('../../../docs/kafka-source.md', import.meta.url));
const module = fileURLToPath(new URL(`docs-avro-${process.pid}.ts`, import.meta.url));

const schema = {
  type: 'record',
  name: 'Shipped',
  fields: [
    { name: 'order', type: 'string' },
    { name: 'customer', type: 'string' },
    { name: 'at', type: 'long' },
  ],
};

/** The one request of a schema registry that a reader makes; each answer is the first that is left. */
async function registry(statuses: number[]): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const isKnown = url === '/schemas/ids/42';
    response.writeHead(isKnown ? (statuses.shift() ?? 200) : 404);
    response.end(JSON.stringify({ schema: JSON.stringify(schema) }));
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** As Confluent's serializers write: zero, the schema's id, Avro. */
function written(id: number, order: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  const body = avro.Type.forSchema(schema as avro.Schema).toBuffer({
    ...{ order, customer: 'u1', at: 1_800_000_000_000 },
  });
  return Buffer.concat([head, body]);
}

test('the decoder of docs/kafka-source.md: Avro by a registry that is down at first; what is no Avro is a letter', async () => {
  const code =
    /```ts\n(import \{ RetryLater[\s\S]*?)```/.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
  expect(code).toContain('avroDecoder');
  writeFileSync(module, code);
  onTestFinished(() => rmSync(module));
  const { avroDecoder } = await import(module);
  const { url, asked } = await registry([503, 500]);
  const topic = await sourceTopic(1);
  const target = new TestTarget();
  await startSource(topic, target, {
    decode: avroDecoder(url),
    value: z.object({ order: z.string(), customer: z.string(), at: z.number() }),
    map: ({ value }) => {
      const { customer, ...data } = z.object({ customer: z.string() }).loose().parse(value);
      return { to: { user: customer }, type: 'shipped', data };
    },
  });
  await produce(topic, [
    { value: written(42, 'o1') },
    { value: written(7, 'of a schema that nobody knows') },
    { value: Buffer.from('{"order":"no Avro"}') },
    { value: written(42, 'cut short').subarray(0, 9) },
    { value: written(42, 'o2') },
  ]);
  await eventually(() => expect(target.requests).toHaveLength(2));
  expect(target.requests).toMatchObject(
    ['o1', 'o2'].map((order) => ({ to: { user: 'u1' }, data: { order, at: 1_800_000_000_000 } })),
  );
  expect(asked.filter((each) => each === '/schemas/ids/42').length).toBeGreaterThanOrEqual(3);
  const letters = await readLetters(`${topic}.dead-letters`);
  await eventually(() => expect(letters.length).toBeGreaterThanOrEqual(3));
  expect(letters.toSorted((one, other) => one.offset - other.offset)).toMatchObject(
    [1, 2, 3].map((offset) => ({ reason: 'undecodable', offset })),
  );
});
