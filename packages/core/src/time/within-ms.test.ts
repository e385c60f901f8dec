import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { withinMs } from './within-ms.js';

const late = (): Error => new Error('late');
const never = new Promise<never>(() => {});

test('settles as the work does, or rejects when it is late', async () => {
  await expect(withinMs(Promise.resolve(1), 60_000, late)).resolves.toBe(1);
  await expect(withinMs(Promise.reject(new Error('no')), 60_000, late)).rejects.toThrow('no');
  await expect(withinMs(never, 1, late)).rejects.toThrow('late');
});

test('rejects as soon as its signal aborts, also one that has', async () => {
  const ending = new AbortController();
  const cut = withinMs(never, 60_000, late, ending.signal);
  ending.abort();
  await expect(cut).rejects.toThrow('late');
  await expect(withinMs(never, 60_000, late, ending.signal)).rejects.toThrow('late');
});

test('an answer that came while this process stalled still counts', async () => {
  const [near, far] = await socketPair();
  const answer = withinMs(once(near, 'data'), 5, late);
  far.write('here');
  const stallEnds = performance.now() + 50;
  while (performance.now() < stallEnds);
  expect(String((await answer)[0])).toBe('here');
});

async function socketPair(): Promise<[near: Socket, far: Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const near = connect(address.port, '127.0.0.1');
  const [far]: Socket[] = await once(server, 'connection');
  if (far === undefined) throw new Error('nobody connected');
  await Promise.resolve(near.connecting ? once(near, 'connect') : undefined);
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}
