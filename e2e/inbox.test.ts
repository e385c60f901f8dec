import { describe, expect, it, onTestFinished } from 'vitest';
import { SeededRandom } from '../packages/testing/src/random/seeded-random.js';
import { eventually } from './harness/eventually.js';
import { InboxClient, markings } from './harness/inbox-client.js';
import { InboxWindow } from './harness/inbox-window.js';
import { mongoDatabase } from './harness/mongo-database.js';
import { postgresDatabase } from './harness/postgres-database.js';
import { notify, tokenFor } from './harness/publisher.js';
import { redisDatabase } from './harness/redis-database.js';
import { sseReader } from './harness/sse-reader.js';
import { startTwoNodes } from './harness/two-nodes.js';
import { wsReader } from './harness/ws-reader.js';

/** Every store that the example servers take and nodes share; INBOX_STORES names some of them. */
const stores = (process.env.INBOX_STORES ?? 'redis,postgres').split(',');

/** A database of the test's own. */
async function settingsOf(store: string) {
  if (store === 'redis') return { STORE: store } as const;
  if (store !== 'postgres' && store !== 'mongo') throw new Error(`no store ${store}`);
  const database = store === 'postgres' ? await postgresDatabase() : await mongoDatabase();
  onTestFinished(() => database.release());
  const { url } = database;
  if (store === 'mongo') return { STORE: store, MONGODB_URL: url } as const;
  return { STORE: store, POSTGRES_URL: url } as const;
}

const operations = Number(process.env.INBOX_OPERATIONS ?? 2_000);
const seed = Number(process.env.INBOX_SEED ?? Date.now() % 1_000_000);

/** How often each is done, of a hundred. */
const shares = { send: 40, ids: 40, all: 2, upTo: 4, mute: 2, reload: 4, reconnect: 8 } as const;

describe.each(stores)('the inbox, STORE=%s', (store) => {
  it(`Two devices and three tabs of one user, ${operations} random operations over two nodes with reconnects: all views and the database are equal at the end, and no badge was ever negative or staler than its version; seed ${seed}`, async () => {
    console.log(`INBOX_SEED=${seed} of e2e/inbox.test.ts`);
    const redis = await redisDatabase();
    onTestFinished(() => redis.release());
    const nodes = await startTwoNodes({
      BROKER: 'redis',
      REDIS_URL: redis.url,
      ...(await settingsOf(store)),
    });
    onTestFinished(() => nodes.stop());
    const bases = nodes.both.map(({ base }) => base);
    const client = new InboxClient(await tokenFor(nodes.a.base, 'u1', ['g1']), ['g1']);

    const windows = await Promise.all(
      ['phone', 'laptop', 'tab 1', 'tab 2', 'tab 3'].map((name, i) => {
        const order = i % 2 === 0 ? bases : bases.toReversed();
        const makeReader = name.startsWith('tab') ? sseReader : wsReader;
        return InboxWindow.open(client, makeReader, { name, groups: ['g1'], nodes: order });
      }),
    );
    onTestFinished(() => {
      for (const { reader } of windows) reader.cut();
    });

    const random = new SeededRandom(seed);
    const pick = <Of>(list: readonly Of[]): Of => {
      const picked = list[Math.floor(random.next() * list.length)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    };
    const sent: string[] = [];
    const drawn = Object.entries(shares).flatMap(([name, share]) => Array(share).fill(name));

    const send = async (base: string): Promise<void> => {
      const to = pick([{ user: 'u1' }, { group: 'g1' }, { all: true } as const]);
      const text = `${sent.length}`;
      const request = random.happens(0.7)
        ? { to, type: 'message', data: { text } }
        : { to, type: 'system.notice', data: { text, level: 'info' } };
      for (const { id = '' } of await notify(base, request)) sent.push(id);
    };
    const someIds = (): string[] => {
      const { items } = pick(windows).view.state;
      const near = items.slice(0, 30).map(({ id }) => id);
      const pool = random.happens(0.8) && near.length > 0 ? near : sent.slice(-200);
      return pool.length === 0 ? [] : Array.from({ length: 3 }, () => pick(pool));
    };
    const operate = async (): Promise<void> => {
      const base = pick(bases);
      const marking = pick(markings);
      switch (pick(drawn)) {
        case 'send':
          return send(base);
        case 'ids':
          return void (await client.mark(base, marking, { ids: someIds() }));
        case 'all':
          return void (await client.mark(base, marking, { all: true }));
        case 'upTo': {
          const { cursor } = pick(windows).reader;
          return void (await client.mark(base, marking, { upTo: cursor ?? 'c1' }));
        }
        case 'mute':
          return void (await client.mute(
            base,
            pick(['mute', 'unmute', 'unmute']),
            'system.notice',
          ));
        case 'reload':
          return pick(windows).reload();
        case 'reconnect': {
          const { reader } = pick(windows);
          reader.cut();
          return reader.resume(pick(bases));
        }
      }
    };
    let left = operations;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await operate();
      }
    };
    await Promise.all(Array.from({ length: 4 }, lane));

    const [ofA, ofB] = await Promise.all(bases.map((base) => client.listAll(base)));
    if (ofA === undefined || ofB === undefined) throw new Error('two nodes were to answer');
    expect(ofB).toEqual(ofA);
    const right = wholeOf(ofA);
    for (const window of windows) {
      await eventually(
        `${window.reader.name} has heard of the last change`,
        () => window.view.state.version?.offset === ofA.version.offset,
      );
      await eventually(
        `${window.reader.name} shows what the database holds`,
        async () => {
          await window.loadAll();
          return JSON.stringify(wholeOf(window.view.state)) === JSON.stringify(right);
        },
        () => `${JSON.stringify(wholeOf(window.view.state))}\nnot ${JSON.stringify(right)}`,
      );
      expect(window.view.state.stale).toBe(false);
      expect(window.problems).toEqual([]);
      expect(window.reader.log.problems).toEqual([]);
    }
    for (const node of nodes.both) await node.assertHealthy();
    const reloads = windows.map(({ reloads }) => reloads).join(', ');
    console.log(`${ofA.version.offset} changes, ${sent.length} sent, loaded anew: ${reloads}`);
  });
});

/** What there is to see, with the flags. */
function wholeOf({
  items,
  unread,
  unseen,
  muted,
}: {
  readonly items: readonly {
    readonly id: string;
    readonly seen: boolean;
    readonly read: boolean;
  }[];
  readonly unread: number;
  readonly unseen: number;
  readonly muted: readonly string[];
}) {
  const flags = items.map(({ id, seen, read }) => [id, seen, read]);
  return { unread, unseen, muted, flags };
}
