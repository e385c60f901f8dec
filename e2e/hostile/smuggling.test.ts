import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { hostileServer } from './harness/hostile-server.js';
import { publishBody, publishRequest } from './harness/requests.js';

const smuggled = publishRequest(publishBody('bystander', 'smuggled')).toString('latin1');
const head =
  'POST /notifications/publish HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n';
const body = publishBody('u1', 'front');
const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;

/** A request that front and back might end at different places, with another hidden behind it. */
const shapes: readonly [what: string, request: string][] = [
  ['length and chunks', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks and length', `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
  ['two lengths', `${head}Content-Length: 0\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
  [
    'two equal lengths',
    `${head}Content-Length: ${body.length}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ],
  ['a list of lengths', `${head}Content-Length: 0, ${body.length}\r\n\r\n${body}`],
  ['a length with a sign', `${head}Content-Length: +${body.length}\r\n\r\n${body}`],
  ['a length in hexadecimal', `${head}Content-Length: 0x10\r\n\r\n${body}`],
  ['a length beyond 64 bits', `${head}Content-Length: 99999999999999999999\r\n\r\n${body}`],
  ['a blank before the colon', `${head}Content-Length : 0\r\n\r\n`],
  ['an unknown coding', `${head}Transfer-Encoding: xchunked\r\n\r\n${chunk}0\r\n\r\n`],
  ['chunked not last', `${head}Transfer-Encoding: chunked, identity\r\n\r\n${chunk}0\r\n\r\n`],
  [
    'chunked twice',
    `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunk}0\r\n\r\n`,
  ],
  [
    'a chunk size that is none',
    `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n${body}\r\n0\r\n\r\n`,
  ],
  [
    'a chunk size with a sign',
    `${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n${body}\r\n0\r\n\r\n`,
  ],
  ['a chunk size beyond 64 bits', `${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`],
  [
    'a chunk longer than it says',
    `${head}Transfer-Encoding: chunked\r\n\r\n2\r\n${body}\r\n0\r\n\r\n`,
  ],
  [
    'a header that goes on in the next line',
    `${head}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  ],
  ['a header that ends with LF', `${head}X-A: b\nContent-Length: 0\r\n\r\n`],
  ['CR within a header', `${head}X-A: b\rContent-Length: 0\r\n\r\n`],
  ['NUL within a header', `${head}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`],
  ['a version that is none', `${head.replace('HTTP/1.1', 'HTTP/9.9')}Content-Length: 0\r\n\r\n`],
];

test.each(shapes)(
  'H-smuggling %s is answered 400 once, and nothing behind it is read',
  async (_, shape) => {
    const server = await hostileServer();
    const other = await bystander(server);
    const client = await server.raw();
    client.write(shape + smuggled);
    await client.end();
    expect(client.statuses).toEqual([400]);
    // Counts what reaches the user: one notification, ours.
    await other.assertUntouched();
    await server.assertServes(2);
  },
);
