import { createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';
import { onTestFinished } from 'vitest';

/** What is answered to a command; undefined: as a server that has nothing and takes everything. */
export type Answers = (command: Document) => Document | undefined;

/** What a server says of itself in `hello`, beside what all say. */
export const kinds = {
  standAlone: {},
  replicaSet: (address: string) => ({
    setName: 'rs',
    setVersion: 1,
    hosts: [address],
    primary: address,
    me: address,
  }),
} as const;

const opReply = 1;
const opQuery = 2_004;
const opMsg = 2_013;

/**
 * A server on 127.0.0.1 that speaks as much of MongoDB's protocol as the driver needs, for answers that the server
 * under test never gives. Gone with the test.
 * @returns its URL
 */
export async function fakeMongo(kind: keyof typeof kinds, answers: Answers): Promise<string> {
  const sockets = new Set<Socket>();
  let address = '';
  const hello = () => ({
    ...(kind === 'replicaSet' ? kinds.replicaSet(address) : kinds.standAlone),
    isWritablePrimary: true,
    ismaster: true,
    helloOk: true,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 25,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    ok: 1,
  });
  const answerTo = (command: Document): Document => {
    const [name = ''] = Object.keys(command);
    if (/^(hello|ismaster)$/i.test(name)) return hello();
    return { ok: 1, ...(answers(command) ?? asEmpty(name, command)) };
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let received = Buffer.alloc(0);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0);
        socket.write(replyTo(received.subarray(0, length), answerTo));
        received = received.subarray(length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  address = `127.0.0.1:${bound.port}`;
  return `mongodb://${address}/?directConnection=true`;
}

function asEmpty(name: string, command: Document): Document {
  if (name === 'find') {
    return { cursor: { id: BSON.Long.ZERO, ns: `${command.$db}.${command.find}`, firstBatch: [] } };
  }
  if (name === 'findAndModify') return { value: { _id: 'drafts', last: 1 } };
  return { n: 1, nModified: 1 };
}

function replyTo(message: Buffer, answerTo: (command: Document) => Document): Buffer {
  const requestId = message.readInt32LE(4);
  const isQuery = message.readInt32LE(12) === opQuery;
  // A query: flags, the collection's name, two numbers. A message: flags, then a section of kind 0.
  const begin = isQuery ? message.indexOf(0, 20) + 9 : 21;
  const size = message.readInt32LE(begin);
  const answer = BSON.serialize(answerTo(BSON.deserialize(message.subarray(begin, begin + size))));
  // A reply: flags, cursor, first and count. A message: flags and kind.
  const before = Buffer.alloc(isQuery ? 20 : 5);
  if (isQuery) before.writeInt32LE(1, 16);
  const header = Buffer.alloc(16);
  header.writeInt32LE(header.length + before.length + answer.length, 0);
  header.writeInt32LE(requestId, 8);
  header.writeInt32LE(isQuery ? opReply : opMsg, 12);
  return Buffer.concat([header, before, answer]);
}
