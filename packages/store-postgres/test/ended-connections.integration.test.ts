import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privatePostgres } from '../../../scripts/private-servers/postgres.js';
import { postgresStore } from '../src/index.js';
import { adminPool } from './test-postgres.js';

test('connections that the server ends with commands under way: each settles, none runs twice', async () => {
  const postgres = await privatePostgres();
  const store = postgresStore({ url: postgres.url });
  onTestFinished(() => store.close());
  await store.start();
  const admin = adminPool(postgres.url);
  onTestFinished(() => admin.end());
  const channel = freshChannel();
  const drafts = Array.from({ length: 200 }, () => sampleDraft(channel));
  const settled = Promise.all(drafts.map((draft) => store.append([draft])));
  await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'realtime-notify-store'",
  );
  const outcomes = (await settled).flat();
  await eventually(() => store.positions([channel]));
  const [page] = await store.readAfter([{ channel, after: 0, limit: 1_000 }]);
  const ids = page?.items.map(({ id }) => id) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  const known = drafts.filter((_, i) => outcomes[i]?.status === 'appended').map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(known));
});
