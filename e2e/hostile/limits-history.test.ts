import { eventually } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { historyRequest, streamRequest } from './harness/requests.js';

const kib = 1024;

async function sayMany(server: HostileServer, user: string, count: number, bytes: number) {
  for (let n = 1; n <= count; n += 1) await server.say(user, `${n}.`.padEnd(bytes, 'x'));
}

/** What a look back shows, by the number that its texts begin with. */
async function lookBack(server: HostileServer, query: string) {
  const client = await server.raw();
  client.write(historyRequest(query));
  await client.sees(/"cursor":"[^"]*"\}$/);
  const cursor = /"cursor":"([^"]*)"\}$/.exec(client.text)?.[1] ?? '';
  const shown = [...client.text.matchAll(/"text":"(\d+)\./g)].map(([, number]) => Number(number));
  return { shown, cursor };
}

test('L-historyBytes a look back shows the newest that fit, and a stream goes on from it without a gap', async () => {
  const server = await hostileServer({ mount: { history: { maxPageBytes: 30 * kib } } });
  const other = await bystander(server);
  await sayMany(server, 'u1', 5, 12 * kib);
  const { shown, cursor } = await lookBack(server, '?token=u1');
  expect(shown).toEqual([5, 4]);
  expect(server.reached('historyBytes')).toBe(1);
  await server.say('u1', '6.');
  const stream = await server.raw();
  stream.write(streamRequest(`?token=u1&cursor=${cursor}`));
  await stream.sees('"6."');
  expect(stream.text).not.toContain('"5.');
  await server.say('u1', '7.'.padEnd(60 * kib, 'x'));
  expect((await lookBack(server, '?token=u1')).shown).toEqual([7]);
  await other.assertUntouched();
});

test('L-answerTime who does not take what a look back shows is cut', async () => {
  const server = await hostileServer({
    mount: { history: { maxPageBytes: 64 * kib * kib, answerTimeoutMs: 500 } },
  });
  const other = await bystander(server);
  // More than the buffers of two sockets hold.
  await sayMany(server, 'u1', 200, 60 * kib);
  const stuck = await server.raw();
  stuck.pause();
  stuck.write(historyRequest('?token=u1&limit=200'));
  await eventually(() => expect(server.reached('answerTime')).toBe(1));
  stuck.resume();
  await stuck.end();
  expect((await lookBack(server, '?token=u1&limit=1')).shown).toEqual([200]);
  expect(server.reached('answerTime')).toBe(1);
  await other.assertUntouched();
});
