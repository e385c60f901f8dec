import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineCatalogue } from '../catalogue/catalogue.js';
import { memoryStore } from '../memory/memory-store.js';
import { createNotifier, type Notifier } from '../notifier/notifier.js';
import { ObservedStore } from '../test-doubles/observed-store.js';

const begin = Date.parse('2026-01-01T00:00:00Z');

let store: ObservedStore;
let notifier: Notifier<{ news: z.ZodNumber }>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: begin });
  store = new ObservedStore(memoryStore());
  notifier = createNotifier({ catalogue: defineCatalogue({ news: z.number() }), store, inbox: {} });
  await notifier.start();
});

afterEach(async () => {
  await notifier.close();
  vi.useRealTimers();
});

/** Items asked for, beside the looks at where logs end. */
const itemsAsked = () =>
  store.reads
    .flat()
    .filter(({ after }) => after < 1_000)
    .reduce((sum, { limit }) => sum + limit, 0);

/** One each second; returns their ids. */
async function send(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    vi.setSystemTime(begin + n * 1_000);
    ids.push((await notifier.notify({ to: { user: 'u1' }, type: 'news', data: n })).id);
  }
  store.reads.length = 0;
  return ids;
}

test('of a long log only the newest are read for the newest, and further only for older ones', async () => {
  const ids = await send(600);
  await notifier.inbox('u1').markRead({ ids: ids.slice(-2) });
  expect(itemsAsked()).toBe(25);
  await notifier.inbox('u1').markRead({ ids: ids.slice(0, 1) });
  expect(itemsAsked()).toBe(25 + 600);
  expect((await notifier.inbox('u1').counts()).unread).toBe(597);
});

test('what is not there is looked for until before it was made, and what is no id not at all', async () => {
  const ids = await send(600);
  const strange = `${ids[550]?.slice(0, -4)}ffff`;
  const { position } = await notifier.inbox('u1').counts();
  for (const [unknown, most] of [
    [[strange], 50 + 60 + 100],
    [['x', '', '01900000-0000-4000-8000-000000000000'], 0],
  ] as const) {
    store.reads.length = 0;
    expect((await notifier.inbox('u1').remove({ ids: unknown })).position).toEqual(position);
    expect(itemsAsked()).toBeLessThanOrEqual(most);
  }
});

test('a publisher whose clock is half a minute late is found all the same', async () => {
  const [first = ''] = await send(1);
  vi.setSystemTime(begin - 30_000);
  for (let n = 0; n < 100; n += 1) {
    await notifier.notify({ to: { user: 'u1' }, type: 'news', data: n });
  }
  expect((await notifier.inbox('u1').markRead({ ids: [first] })).unread).toBe(100);
});
