import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { ClientCursor } from '../harness/client-cursor.js';
import type { StreamReader } from '../harness/stream-reader.js';
import { countedStore, type ReadCounts } from './harness/counted-store.js';
import { anonymous, type Host, startHost, transports } from './harness/host.js';
import { redisFor, volatile } from './harness/own-redis.js';
import { type Placed, untilShown } from './harness/told.js';

const clients = 1_000;
const group = 'news';

/** Reading at Redis is one run of our script for a page, one command for a position. */
interface Figures extends ReadCounts {
  readonly scripts: number;
  readonly hashReads: number;
}

test.each([
  { cursors: 1, behind: 120, allowed: 5 },
  { cursors: 100, behind: 100, allowed: 120 },
])(
  '1,000 clients come to a node that was restarted, with $cursors different cursors, up to $behind notifications behind: at most $allowed reads of the store',
  async ({ cursors, behind, allowed }) => {
    const { redis, admin } = await redisFor(volatile);
    const settings = { storeUrl: redis.url, positionCheckMs: 3_600_000 };
    const before = await startHost({ name: 'before', ...settings });
    const witness = before.client('WebSocket', anonymous, [group]);
    await witness.open();
    const position = new ClientCursor();
    position.restart(witness.cursor ?? '');
    const seen: { cursor: string; placed: Placed }[] = [];
    for (let n = 0; n <= behind; n += 1) {
      const placed = await before.say({ group }, `number ${n}`);
      for (const place of placed.channels) position.moveTo({ ...place, id: placed.id });
      seen.push({ cursor: position.toString(), placed });
    }
    await before.stop();

    const counts = { readAfterCalls: 0, pages: 0, positionCalls: 0, positions: 0 };
    const after = await startHost({
      name: 'after',
      ...settings,
      wrap: (store) => countedStore(store, counts),
    });
    const start = await figures(admin, counts);
    const readers = Array.from({ length: clients }, (_, index): StreamReader => {
      const by = transports[index % 2] ?? 'SSE';
      return after.client(by, anonymous, [group], seen[index % cursors]?.cursor);
    });
    await Promise.all(readers.map((reader) => reader.open()));
    await untilEachHasItsOwn(readers, cursors, seen);
    const end = await figures(admin, counts);
    const reads = {
      readAfterCalls: end.readAfterCalls - start.readAfterCalls,
      pages: end.pages - start.pages,
      positionCalls: end.positionCalls - start.positionCalls,
      positions: end.positions - start.positions,
      scripts: end.scripts - start.scripts,
      hashReads: end.hashReads - start.hashReads,
    };
    console.log(
      `${clients} clients, ${cursors} cursors, ${behind} behind: ${JSON.stringify(reads)}`,
    );
    await untilLive(after, readers);
    expect(reads.pages + reads.positionCalls).toBeLessThanOrEqual(allowed);
    // What is counted here is all that Redis was asked.
    expect(reads.scripts).toBe(reads.pages);
    expect(reads.hashReads).toBe(reads.positions);
  },
);

/** Exactly what came after its cursor. */
async function untilEachHasItsOwn(
  readers: readonly StreamReader[],
  cursors: number,
  seen: readonly { placed: Placed }[],
): Promise<void> {
  const placed = seen.map((each) => each.placed);
  for (let which = 0; which < cursors; which += 1) {
    const equal = readers.filter((_, index) => index % cursors === which);
    await untilShown(equal, placed.slice(which + 1));
    for (const { name, log } of equal) {
      expect(log.count(`group:${group}`), name).toBe(placed.length - which - 1);
      expect(log.losses, name).toEqual([]);
    }
  }
}

async function untilLive(host: Host, readers: readonly StreamReader[]): Promise<void> {
  await untilShown(readers, [
    await host.say({ group }, 'live'),
    await host.say({ all: true }, 'live'),
  ]);
}

async function figures(admin: Redis, counts: ReadCounts): Promise<Figures> {
  const stats = await admin.info('commandstats');
  const calls = (command: string): number =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  // Inside of a script: one look at the head for each page. Outside: one for each position.
  return { ...counts, scripts: calls('evalsha'), hashReads: calls('hmget') - calls('evalsha') };
}
