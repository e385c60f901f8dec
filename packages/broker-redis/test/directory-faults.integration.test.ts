import { readFileSync } from 'node:fs';
import {
  eventually,
  OutOfBand,
  RecordingDirectorySink,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import type { Directory } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { type RedisDirectoryOptions, redisDirectory } from '../src/index.js';
import { quickLease } from './test-directory.js';
import { testAdmin } from './test-redis.js';

const users = Array.from({ length: 200 }, (_, i) => `u${i}`);
const everywhere = users.map(() => ['n1']);
const unavailable = { code: 'DIRECTORY_UNAVAILABLE' };

interface Started {
  readonly directory: Directory;
  readonly sink: RecordingDirectorySink;
}

/** A started directory of node `n1` that holds all users. */
async function holder(options: RedisDirectoryOptions): Promise<Started> {
  const directory = redisDirectory({ ...quickLease, ...options });
  const sink = new RecordingDirectorySink();
  onTestFinished(() => directory.close());
  await directory.start('n1', sink);
  await directory.add(users);
  return { directory, sink };
}

test('Redis dies and comes back empty: everybody is registered again, and resynced', async () => {
  const redis = await privateRedis();
  const { directory, sink } = await holder({ url: redis.url });
  const thrown = await new OutOfBand().during(async () => {
    await redis.kill('SIGKILL');
    await eventually(() => expect(sink.states).toEqual(['up', 'down']));
    await expect(directory.add(['late'])).rejects.toMatchObject(unavailable);
    await expect(directory.remove(['u0'])).rejects.toMatchObject(unavailable);
    await redis.restart();
    await eventually(() => expect(sink.states).toEqual(['up', 'down', 'up']));
  });
  expect(thrown).toEqual([]);
  expect(await directory.where([...users, 'late'])).toEqual([[], ...everywhere]);
  expect(new Set(sink.resyncs.flat())).toEqual(new Set([...users.slice(1), 'late']));
});

test('one key is gone, as by eviction: it is written again, nobody else is resynced', async () => {
  const redis = await privateRedis();
  const { directory, sink } = await holder({ url: redis.url });
  const admin = testAdmin(redis.url);
  const entries = await admin.hkeys('rn:sse_connections:{3}');
  expect(entries.length).toBeGreaterThan(2);
  await admin.del('rn:sse_connections:{3}');
  await eventually(async () => expect(await directory.where(users)).toEqual(everywhere));
  await eventually(() => expect(new Set(sink.resyncs.flat())).toEqual(new Set(entries)));
  await admin.del('rn:sse_held:{3}:n1');
  await eventually(async () => {
    expect((await admin.smembers('rn:sse_held:{3}:n1')).toSorted()).toEqual(entries.toSorted());
  });
});

test('Redis forgets the scripts: nothing is felt', async () => {
  const redis = await privateRedis();
  const { directory, sink } = await holder({ url: redis.url });
  await testAdmin(redis.url).script('FLUSH');
  expect(await directory.where(users)).toEqual(everywhere);
  await directory.remove(['u0']);
  expect(sink.states).toEqual(['up']);
});

test('a link that went dead without a word: calls end in bounded time, and it is made anew', async () => {
  const redis = await privateRedis();
  const proxy = await tcpProxy(Number(new URL(redis.url).port));
  const { directory, sink } = await holder({
    url: `redis://127.0.0.1:${proxy.port}`,
    commandTimeoutMs: 500,
  });
  proxy.freeze();
  await expect(directory.where(['u1'])).rejects.toMatchObject(unavailable);
  await eventually(() => expect(sink.states).toEqual(['up', 'down', 'up']));
  await eventually(async () => expect(await directory.where(users)).toEqual(everywhere));
});

test('too many calls at once are refused, not queued', async () => {
  const redis = await privateRedis();
  const { directory } = await holder({ url: redis.url, maxPendingCommands: 40 });
  const calls = Array.from({ length: 100 }, () => directory.where(['u1']));
  const settled = await Promise.allSettled(calls);
  const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(refused.length).toBeGreaterThan(50);
  for (const error of refused) expect(error).toMatchObject(unavailable);
  expect(await directory.where(['u1'])).toEqual([['n1']]);
});

test('start rejects on wrong credentials and on a missing right, and leaves nothing open', async () => {
  const redis = await privateRedis();
  await testAdmin(redis.url).acl('SETUSER', 'app', 'on', '>pw', '-@all', '+info', '+ping');
  for (const [password, word] of [
    ['wr0ng-secret', 'WRONGPASS'],
    ['pw', 'NOPERM'],
  ] as const) {
    const directory = redisDirectory({ url: redis.url, username: 'app', password });
    const error = await directory
      .start('n1', new RecordingDirectorySink())
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining(word) });
    expect(String(error)).not.toContain('wr0ng-secret');
    await expect(directory.where(['u1'])).rejects.toMatchObject({ code: 'CLOSED' });
  }
});

test('the rights that the README names are enough, and only for our keys', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, name = '', rules = ''] = /^ACL SETUSER (notify-directory) (.*)$/m.exec(readme) ?? [];
  const redis = await privateRedis();
  await testAdmin(redis.url).acl('SETUSER', name, ...rules.split(' '));
  const login = { url: redis.url, username: name, password: 'secret' };
  const { directory } = await holder(login);
  expect(await directory.where(users)).toEqual(everywhere);
  await directory.remove(['u0']);
  await directory.drain();
  const elsewhere = redisDirectory({ ...login, keyPrefix: 'theirs:' });
  const starting = elsewhere.start('n1', new RecordingDirectorySink());
  await expect(starting).rejects.toMatchObject(unavailable);
});
