import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventually } from '@realtime-notify/contract-kit';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClusterLinks } from '../cluster-links.js';
import type { FetchedPartition } from '../fetch-answer.js';
import type { FetchPlace } from '../node-connection.js';
import { GroupReader, type PartitionIntake } from './group-reader.js';

type Fetch = (
  places: readonly FetchPlace[],
  waitMs: number,
) => Promise<readonly FetchedPartition[]>;

const fetched = ({ topic, partition }: FetchPlace, errorCode = 0): FetchedPartition => ({
  ...{ topic, partition, errorCode, aborted: [], batches: Buffer.alloc(0) },
});

/** Takes what comes; has room until `full`. */
class Intake implements PartitionIntake {
  readonly taken: number[] = [];
  full = false;
  looks = 0;

  get hasRoom(): boolean {
    this.looks += 1;
    // Asked without end: lets the test go on, and fail.
    return !this.full || this.looks > 1_000;
  }

  take(entries: readonly { readonly next: number }[]): void {
    this.taken.push(...entries.map(({ next }) => next));
  }
}

/** A reader of one leader, whose every fetch `fetch` answers; each answer holds one entry. */
function reader(fetch: Fetch) {
  const told: unknown[] = [];
  const gaps: string[] = [];
  let dropped = 0;
  const node = {
    fetchCommitted: (places: readonly FetchPlace[], { maxWaitMs }: { maxWaitMs: number }) =>
      fetch(places, maxWaitMs),
  };
  const links = {
    node: async () => node,
    drop: async () => {
      dropped += 1;
    },
  } as unknown as ClusterLinks;
  const made = new GroupReader({
    links,
    layout: async () => ({ leaders: new Map([0, 1, 2].map((partition) => [partition, 7])) }),
    decode: async (_fetched, from) => [{ next: from + 1, bytes: 1 }],
    firstKept: async () => 100,
    protocolError: (code) => new Error(`code ${code}`),
    ...{ fetchWaitMs: 500, maxFetchBytes: 1_000, maxPartitionBytes: 1_000 },
    onGap: ({ offset }, first) => gaps.push(`${offset} to ${first}`),
    onState: (error) => told.push(error),
  });
  onTestFinished(() => made.close());
  const open = (partition: number, offset = 0): Intake => {
    const intake = new Intake();
    made.open({ topic: 't', partition, offset }, intake);
    return intake;
  };
  return { made, open, told, gaps, dropped: () => dropped };
}

describe('a reader', () => {
  test('that was woken while a fetch was under way does not look for room without end', async () => {
    let fetches = 0;
    const { made, open } = reader(async (places) => {
      await nextTurn();
      fetches += 1;
      made.wake();
      intake.full = true;
      return places.map((place) => fetched(place));
    });
    const intake = open(0);
    await eventually(() => expect(intake.taken).toEqual([1]));
    await nextTurn();
    expect([fetches, intake.looks < 10]).toEqual([1, true]);
    intake.full = false;
    made.wake();
    await eventually(() => expect(intake.taken).toEqual([1, 2]));
  });

  test('leaves out who has no room, asks the others for a short time, and lets each come first', async () => {
    const asked: string[] = [];
    const waits = new Set<number>();
    const { open } = reader(async (places, waitMs) => {
      await nextTurn();
      asked.push(places.map(({ partition }) => partition).join());
      waits.add(waitMs);
      return places.map((place) => fetched(place));
    });
    const [first, second, third] = [open(0), open(1), open(2)];
    first.full = true;
    await eventually(() => expect(asked.length).toBeGreaterThan(5));
    expect(first.taken).toEqual([]);
    expect([...new Set(asked)].sort()).toEqual(['1,2', '2,1']);
    expect([...waits]).toEqual([20]);
    expect(second.taken.length).toBe(third.taken.length);
  });

  test('reads on at the same place after a failure, and at the first record where its place is gone', async () => {
    let answers = 0;
    const { open, told, gaps, dropped } = reader(async (places) => {
      await nextTurn();
      answers += 1;
      if (answers === 2) throw new Error('the link broke');
      return places.map((place) => fetched(place, answers === 4 ? 1 : 0));
    });
    const intake = open(0, 5);
    await eventually(() => expect(intake.taken.slice(0, 4)).toEqual([6, 7, 100, 101]));
    expect([gaps, dropped()]).toEqual([['7 to 100'], 1]);
    expect(told.filter(Boolean).map(String)).toEqual(['Error: the link broke']);
    expect(told.at(-1)).toBeUndefined();
  });

  test('takes nothing of a partition that was given away while Kafka answered', async () => {
    let fetches = 0;
    const { made, open } = reader(async (places) => {
      fetches += 1;
      if (fetches === 1) {
        made.drop('t', 0);
        again = open(0, 3);
      }
      await nextTurn();
      return places.map((place) => fetched(place));
    });
    let again: Intake | undefined;
    const before = open(0, 10);
    await eventually(() => expect(again?.taken.slice(0, 2)).toEqual([4, 5]));
    expect(before.taken).toEqual([]);
  });
});
