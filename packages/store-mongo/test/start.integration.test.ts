import { connect, createServer } from 'node:net';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { mongoStore } from '../src/index.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

afterAll(dropRunDatabase);

/** In front of the server, one that turns the first comers away. */
async function urlThatRefuses(first: number): Promise<string> {
  const url = new URL(mongoUrl);
  const target = Number(url.port);
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined);
    if (count <= first) return void socket.destroy();
    const upstream = connect(target, url.hostname);
    upstream.on('error', () => undefined);
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url.port = String(address.port);
  return url.href;
}

const where = () => ({ database: runDatabase, collectionPrefix: freshPrefix() });

test('start waits for a server for startTimeoutMs, also where a call would have given up', async () => {
  // The driver looks twice a second.
  const url = await urlThatRefuses(4);
  const store = mongoStore({ url, ...where(), commandTimeoutMs: 600, startTimeoutMs: 20_000 });
  onTestFinished(() => store.close());
  await store.start();
  expect(await store.positions(['user:1'])).toMatchObject([{ offset: 0 }]);
});

test('a start in vain says why the server was not reached', async () => {
  const store = mongoStore({ url: 'mongodb://127.0.0.1:1', startTimeoutMs: 300 });
  onTestFinished(() => store.close());
  await expect(store.start()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'store-mongo: no answer within 300 ms: connect ECONNREFUSED 127.0.0.1:1',
  });
});
