import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createNotifier,
  defineCatalogue,
  memoryStore,
  type Notifier,
  type Store,
} from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import { z } from 'zod';
import { BenchRedis } from '../processes/bench-redis.js';
import { percentile } from '../report/percentile.js';
import { settings } from '../settings.js';

const resultsDir = fileURLToPath(new URL('../results/', import.meta.url));
const catalogue = defineCatalogue({ news: z.string(), promo: z.string() });
const groups = ['g1', 'g2', 'g3'];
const perChannel = 200;
const users = Math.min(settings.USERS, 100);
const operations = settings.TICKS * 5;
const atOnce = 16;

type Figures = Readonly<Record<string, number>>;

/** Measures what inboxes cost on memory and on Redis, one node, and writes `inbox-<date>.json`. */
export async function inbox(): Promise<void> {
  const redis = await BenchRedis.start();
  try {
    const results = {
      memory: await measured(memoryStore()),
      redis: await measured(redisStore({ url: redis.url })),
    };
    console.table(results);
    await write(results);
  } finally {
    await redis.stop();
  }
}

async function measured(store: Store): Promise<Figures> {
  const notifier = createNotifier({ catalogue, store, inbox: {} });
  await notifier.start();
  try {
    const ids = await fill(notifier);
    const inboxOf = (i: number) => notifier.inbox(`u${i % users}`, { groups });
    const idOf = (i: number) => ids.at(-1 - (Math.floor(i / users) % perChannel)) ?? '';
    await rate((i) => inboxOf(i).markSeen({ ids: [idOf(i)] }));
    const markRead = await rate((i) => inboxOf(i).markRead({ ids: [idOf(i)] }));
    const [state] = await store.states(['inbox:u0']);
    const figures = {
      'mark read/s': markRead.perSecond,
      'mark read CPU ms': markRead.cpuMs,
      'mark read p50 ms': await p50((i) => inboxOf(i).markUnread({ ids: [idOf(i)] })),
      'list of 20 p50 ms': await p50((i) => inboxOf(i).list()),
      'list of 20 unread p50 ms': await p50((i) => inboxOf(i).list({ unread: true })),
      'counts p50 ms': await p50((i) => inboxOf(i).counts()),
      'state bytes': Buffer.byteLength(state?.stateJson ?? ''),
    };
    for (let i = 0; i < users; i += 1) await inboxOf(i).mute('promo');
    const muted = await p50((i) => inboxOf(i).counts());
    return { ...figures, 'counts p50 ms, a type muted': muted };
  } finally {
    await notifier.close();
  }
}

/** Every user has so many from each of five channels; returns the ids of one group's. */
async function fill(notifier: Notifier<{ news: z.ZodString; promo: z.ZodString }>) {
  const names = Array.from({ length: users }, (_, i) => `u${i}`);
  for (const name of names) await notifier.inbox(name, { groups }).counts();
  const ids: string[] = [];
  for (let n = 0; n < perChannel; n += 1) {
    const note = { type: n % 10 === 0 ? 'promo' : 'news', data: `number ${n}` } as const;
    for (const group of groups) {
      const { id } = await notifier.notify({ to: { group }, ...note });
      if (group === 'g1') ids.push(id);
    }
    await notifier.notify({ to: { all: true }, ...note });
    await notifier.notify({ to: { users: names }, ...note });
  }
  return ids;
}

/** How many a second, so many at once, and what one takes of this process' CPU. */
async function rate(operate: (i: number) => Promise<unknown>) {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < operations) {
      next += 1;
      await operate(next - 1);
    }
  };
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, lane));
  const perSecond = (operations * 1_000) / (performance.now() - begun);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond, cpuMs: (user + system) / 1_000 / operations };
}

/** One after the other. */
async function p50(operate: (i: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < operations / 2; i += 1) {
    const begun = performance.now();
    await operate(i);
    taken.push(performance.now() - begun);
  }
  return percentile(taken, 50);
}

async function write(results: Readonly<Record<string, Figures>>): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const report = {
    bench: 'inbox',
    title: `one node, ${users} users with ${perChannel} notifications in each of 5 channels`,
    date,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    settings: { users, perChannel, operations, atOnce },
    results,
  };
  const dir = settings.RESULTS_DIR ?? resultsDir;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, `inbox-${date}.json`), `${JSON.stringify(report, rounded, 2)}\n`);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
