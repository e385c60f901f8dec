import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { hostileJson, hostileText, mutated } from './harness/hostile-text.js';
import { isWhole, MemoryConnection, readAnswer } from './harness/memory-connection.js';
import { publishBody } from './harness/requests.js';

const numRuns = 50_000;
/** Notifications of the fuzzers are not kept, and rates are not what is tested here. */
const roomy = { maxConnectsPerSecond: 1e9, maxConnectsPerSecondPerIp: 1e9 };

/** Sends requests one after the other over connections that are kept as long as the server keeps them. */
function sender(server: HostileServer) {
  let connection = new MemoryConnection(server.server);
  return async (bytes: string | Uint8Array, enough: (text: string) => boolean = isWhole) => {
    if (connection.ended) connection = new MemoryConnection(server.server);
    connection.write(bytes);
    const text = await connection.answer(enough);
    if (!isWhole(text)) connection.cut();
    return text;
  };
}

/** What a header may hold for Node to hand it on, and a little more. */
const headerText = mutated(hostileText).map((text) =>
  Buffer.from(text.replaceAll(/[\r\n]/g, '')).toString('latin1'),
);
/** Bytes of a request line; a blank would end it. */
const rawTarget = hostileText.map((text) =>
  Buffer.from(text.replaceAll(/[\s#]/g, '')).toString('latin1'),
);
const queryValue = fc.oneof(
  mutated(hostileText).map((text) => encodeURIComponent(text.toWellFormed())),
  rawTarget,
);

/** Statuses that PROTOCOL.md and docs/limits.md know, and Node's own for what is no HTTP. */
function assertRefusal(text: string, statuses: readonly number[]): void {
  const { status, body } = readAnswer(text);
  const { code = 'NONE' } = (body ?? {}) as { readonly code?: unknown };
  if (statuses.includes(status) && /^[A-Z_]+$/.test(String(code))) return;
  throw new Error(`not a documented answer: ${text}`);
}

/** That an answer holds members of these types. */
function assertHas(body: unknown, members: Readonly<Record<string, string>>): void {
  const answer = new Map(Object.entries(Object(body)));
  for (const [name, type] of Object.entries(members)) {
    if (typeof answer.get(name) !== type) throw new Error(`${name} is missing: ${String(body)}`);
  }
}

function assertQuiet(server: HostileServer): void {
  expect(server.log.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
}

test('H-fuzz-resume any cursor text in header or query is answered with a stream or a documented refusal', async () => {
  const server = await hostileServer({ notifier: roomy });
  for (const text of ['one', 'two']) await server.say('u1', text);
  const witness = await server.stream('u1');
  const valid = /^id: (.*)$/m.exec(witness.text)?.[1] ?? '';
  const position = fc
    .tuple(
      fc.constantFrom(
        '6b3ea1a4dc1b9272',
        ...valid
          .split('~')
          .slice(1)
          .map((each) => each.slice(0, 16)),
      ),
      fc.constantFrom(
        '0',
        'k1',
        ...valid
          .split('~')
          .slice(1)
          .map((each) => each.split('.')[1] ?? ''),
      ),
      fc.oneof(fc.nat(3), fc.maxSafeNat(), fc.bigInt({ min: 0n, max: 10n ** 20n })),
      fc.constantFrom('00000000', 'ffffffff', valid.slice(-8)),
    )
    .map((parts) => parts.join('.'));
  const cursor = fc.oneof(
    fc.array(position, { maxLength: 4 }).map((entries) => ['c1', ...entries].join('~')),
    mutated(fc.constant(valid)),
    hostileText,
  );
  const request = fc
    .record({
      header: fc.option(fc.oneof(cursor, headerText), { nil: undefined }),
      query: fc.option(
        fc.oneof(
          cursor.map((text) => encodeURIComponent(text.toWellFormed())),
          queryValue,
        ),
        {
          nil: undefined,
        },
      ),
      group: fc.option(queryValue, { nil: undefined }),
    })
    .map(({ header, query, group }) => {
      const parts = ['token=u1', ...(query === undefined ? [] : [`cursor=${query}`])];
      if (group !== undefined) parts.push(`group=${group}`);
      const plain = Buffer.from((header ?? '').replaceAll(/[\r\n]/g, '')).toString('latin1');
      const line = header === undefined ? '' : `Last-Event-ID: ${plain}\r\n`;
      return `GET /notifications/stream?${parts.join('&')} HTTP/1.1\r\nHost: h\r\n${line}\r\n`;
    });
  const send = sender(server);
  const seen = new Map<string, number>();
  const begun = (text: string) => isWhole(text) || /\nid: .*\n\n/.test(text);
  await fc.assert(
    fc.asyncProperty(request, async (bytes) => {
      const text = await send(bytes, begun);
      const ready =
        /\r\n\r\nretry: \d+\nevent: ready\ndata: (\{.*\})\nid: c1~[0-9a-z.~]+\n\n/s.exec(text)?.[1];
      if (ready === undefined) assertRefusal(text, [400, 429, 431]);
      else assertHas(JSON.parse(ready), { user: 'string', recovered: 'boolean' });
      const kind = ready === undefined ? 'refused' : String(JSON.parse(ready).recovered);
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }),
    { numRuns },
  );
  // The fuzzer is no use where it never gets past the parser, or never fails there.
  expect([...seen.keys()].sort()).toEqual(['false', 'refused', 'true']);
  witness.cut();
  await server.assertServes();
  assertQuiet(server);
});

const validBody = publishBody('u1', 'hello');
const field = <Value>(value: Value) => fc.oneof(fc.constant(value), hostileJson, hostileText);
const publishBodies: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc
        .record(
          {
            to: fc.oneof(
              field({ user: 'u1' }),
              fc.record({ user: hostileText }),
              fc.record({ users: fc.array(hostileText, { maxLength: 3 }) }),
              fc.record({ group: hostileText }),
              fc.constant({ all: true }),
            ),
            type: fc.oneof(fc.constantFrom('message', 'anything'), hostileText),
            data: field({ text: 'hello' }),
            idempotencyKey: fc.oneof(fc.constant('key'), hostileText),
            durable: fc.oneof(fc.boolean(), hostileJson),
          },
          { requiredKeys: ['to', 'type', 'data'] },
        )
        .map((value) => JSON.stringify(value)),
    },
    { weight: 3, arbitrary: mutated(fc.constant(validBody)) },
    { weight: 1, arbitrary: fc.constant(`${validBody.slice(0, -1)},"idempotencyKey":"k"}`) },
    { weight: 1, arbitrary: hostileJson.map((value) => JSON.stringify(value)) },
  )
  .map((text) => Buffer.from(text));

const contentTypes = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  { weight: 1, arbitrary: headerText },
);

test('H-fuzz-publish any publish request is answered with a result or a documented refusal', async () => {
  const server = await hostileServer({ notifier: roomy });
  const send = sender(server);
  const seen = new Set<number>();
  const request = fc.record({
    body: fc.oneof(
      { weight: 9, arbitrary: publishBodies },
      { weight: 1, arbitrary: fc.uint8Array() },
    ),
    contentType: contentTypes,
    traceparent: headerText,
    method: fc.oneof({ weight: 20, arbitrary: fc.constant('POST') }, fc.constantFrom('PUT', 'GET')),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ body, contentType, traceparent, method }) => {
      const head = `${method} /notifications/publish HTTP/1.1\r\nHost: h\r\nContent-Type: ${contentType}\r\ntraceparent: ${traceparent}\r\nContent-Length: ${body.length}\r\n\r\n`;
      const text = await send(Buffer.concat([Buffer.from(head, 'latin1'), body]));
      const { status, body: answer } = readAnswer(text);
      seen.add(status);
      if (status !== 200 && status !== 202) assertRefusal(text, [400, 405, 409, 413, 415]);
      else assertHas(answer, { id: 'string', duplicate: 'boolean' });
    }),
    { numRuns },
  );
  expect([...seen].sort()).toEqual(expect.arrayContaining([200, 202, 400, 405, 409, 415]));
  await server.assertServes();
  assertQuiet(server);
});

test('H-fuzz-history any look back is answered with a page or a documented refusal', async () => {
  const server = await hostileServer({ notifier: roomy });
  await server.say('u1', 'kept');
  const send = sender(server);
  const seen = new Set<number>();
  const parameter = fc.tuple(
    fc.oneof(fc.constantFrom('since', 'limit', 'group', 'token', 'cursor'), rawTarget),
    fc.oneof(
      fc.constantFrom(
        '1',
        '0',
        '-1',
        '1e3',
        '2026-02-30',
        '9'.repeat(16),
        '2020-01-01T00:00:00Z',
        'u1',
      ),
      queryValue,
    ),
  );
  const request = fc.record({
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constant('GET') },
      fc.constantFrom('POST', 'OPTIONS'),
    ),
    parameters: fc.array(parameter, { maxLength: 4 }),
    token: fc.oneof({ weight: 9, arbitrary: fc.constant('token=u1&') }, fc.constant('')),
    authorization: fc.option(headerText, { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, parameters, token, authorization }) => {
      const query = token + parameters.map(([name, value]) => `${name}=${value}`).join('&');
      const header = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
      const text = await send(
        `${method} /notifications?${query} HTTP/1.1\r\nHost: h\r\n${header}\r\n`,
      );
      const { status, body } = readAnswer(text);
      seen.add(status);
      if (status !== 200) assertRefusal(text, [400, 401, 405, 429]);
      else assertHas(body, { items: 'object', cursor: 'string' });
    }),
    { numRuns },
  );
  expect([...seen].sort()).toEqual(expect.arrayContaining([200, 400, 401, 405]));
  await server.assertServes();
  assertQuiet(server);
});
