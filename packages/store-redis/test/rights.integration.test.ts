import { readFileSync } from 'node:fs';
import { freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';
import { adminClient } from './test-redis.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the rights that the README names are enough, and only for our keys', async () => {
  const [, name = '', rules = ''] = /^ACL SETUSER (\S+) (.*)$/m.exec(readme) ?? [];
  const { url } = await privateRedis();
  const admin = adminClient(url);
  onTestFinished(() => admin.disconnect());
  await admin.acl('SETUSER', name, ...rules.split(' '));
  const login = { username: name, password: 'secret' };
  const store = redisStore({ url, ...login });
  const other = redisStore({ url, ...login, keyPrefix: 'theirs:', retention: { maxAgeMs: false } });
  onTestFinished(() => Promise.all([store.close(), other.close()]).then(() => undefined));
  await Promise.all([store.start(), other.start()]);
  const channel = freshChannel();
  const draft = sampleDraft(channel, { idempotency: { key: 'k', digest: 'd' } });
  expect(await store.append([draft, draft])).toMatchObject([
    { status: 'appended' },
    { status: 'duplicate' },
  ]);
  const [position] = await store.positions([channel]);
  await store.renewEpoch(channel, position?.epoch ?? '');
  expect(await store.readAfter([{ channel, after: 0, limit: 1 }])).toHaveLength(1);
  const work = { key: 'w', afterMs: 0, workJson: '{}' };
  await store.dueWork?.schedule([work]);
  for (const say of ['postpone', 'finish'] as const) {
    const [taken] = (await store.dueWork?.take(1, 60_000)) ?? [];
    const lease = { key: 'w', lease: taken?.lease ?? '' };
    expect(await store.dueWork?.[say](lease, 0)).toBe(true);
  }
  await store.dueWork?.cancel(['w']);
  expect(await other.append([draft])).toMatchObject([
    { status: 'failed', error: { code: 'STORE_UNAVAILABLE' } },
  ]);
  // What `retention: { maxAgeMs: false }` needs.
  await store.close();
  const endless = redisStore({ url, ...login, retention: { maxAgeMs: false } });
  onTestFinished(() => endless.close());
  await endless.start();
  expect(await endless.append([sampleDraft(channel)])).toMatchObject([{ status: 'appended' }]);
});
