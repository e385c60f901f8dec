import { NotifyError, type NotifyRequest, silentLogger } from '@realtime-notify/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ReadEntry } from '../group/read-entries.js';
import type { Undeliverable } from './dead-letter.js';
import type { Verdict } from './judge-record.js';
import { type LineContext, PartitionLine } from './partition-line.js';
import { RetryLater } from './retry-later.js';
import type { SendOutcome } from './send-many.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const down = new NotifyError('STORE_UNAVAILABLE', 'down');
const bad = new NotifyError('DATA_INVALID', 'no');

const entry = (offset: number, bytes = 1): ReadEntry => ({
  next: offset + 1,
  bytes,
  record: { partition: 0, offset, timestamp: 0, key: null, value: null, headers: new Map() },
});
const request = (offset: number): NotifyRequest => ({ to: { user: 'u' }, type: 't', data: offset });
const sends = (offset: number): Verdict => ({ requests: [request(offset)] });
const offsetOf = ({ record }: ReadEntry) => record?.offset ?? -1;

function line(fields: Partial<LineContext> = {}) {
  const sent: unknown[] = [];
  const letters: string[] = [];
  const done: number[] = [];
  let roomMade = 0;
  const context: LineContext = {
    owner: 'kafka-source',
    longestPauseMs: 10_000,
    judge: async (each) => sends(offsetOf(each)),
    sendMany: async (requests) => {
      sent.push(...requests.map(({ data }) => data));
      return requests.map(() => ({ status: 'sent' }));
    },
    writeDeadLetters: async (all: readonly Undeliverable[]) => {
      letters.push(
        ...all.map(({ reason, source }) => `${reason} ${'offset' in source && source.offset}`),
      );
    },
    logger: silentLogger,
    maxPendingRecords: 1_000,
    maxPendingBytes: 1_000,
    ...fields,
  };
  const work = new PartitionLine(context, {
    ...{ clusterId: 'c', topic: 't', partition: 0 },
    done: (next) => done.push(next),
    roomMade: () => {
      roomMade += 1;
    },
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await vi.advanceTimersByTimeAsync(10_000);
  };
  return { work, sent, letters, done, until, roomMade: () => roomMade };
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('the work on a partition', () => {
  test('whatever fails for a while or for good: all is sent once, in order, before it counts as done', async () => {
    /** What happens to each record: sent, refused for good, no JSON, or a failure of the map first. */
    const fate = fc.constantFrom('sent', 'sent', 'sent', 'refused', 'fault', 'later');
    const scenario = fc.tuple(
      fc.array(fate, { maxLength: 250 }),
      fc.array(fc.nat(120), { maxLength: 6 }),
      fc.array(fc.boolean(), { maxLength: 6 }),
      fc.nat(99),
    );
    await fc.assert(
      fc.asyncProperty(scenario, async ([fates, failAfter, lettersFail, cut]) => {
        const stored: number[] = [];
        const waited = new Set<number>();
        const failures = [...failAfter];
        const failLetters = [...lettersFail];
        const written: number[] = [];
        let early = 0;
        const { work, done, until } = line({
          judge: async (each) => {
            const offset = offsetOf(each);
            if (fates[offset] === 'fault') {
              return { fault: { reason: 'undecodable', error: bad } };
            }
            if (fates[offset] === 'later' && !waited.has(offset)) {
              waited.add(offset);
              return { later: new RetryLater('not now') };
            }
            return sends(offset);
          },
          sendMany: async (requests) => {
            const limit = failures.shift() ?? requests.length;
            return requests.map(({ data }, i): SendOutcome => {
              const offset = Number(data);
              if (i >= limit) return { status: 'failed', error: down };
              if (fates[offset] === 'refused') return { status: 'failed', error: bad };
              stored.push(offset);
              return { status: 'sent' };
            });
          },
          writeDeadLetters: async (all) => {
            if (failLetters.shift() === true) throw down;
            for (const { source } of all) if ('offset' in source) written.push(source.offset);
          },
          maxPendingRecords: 10_000,
          maxPendingBytes: 10_000,
        });
        const all = range(fates.length).map((offset) => entry(offset));
        work.take(all.slice(0, cut));
        work.take(all.slice(cut));
        await until(() => {
          const committed = done.at(-1) ?? 0;
          const settled = new Set([...stored, ...written]);
          if (range(committed).some((offset) => !settled.has(offset))) early += 1;
          return committed === fates.length;
        });
        const letter = (offset: number) => fates[offset] === 'fault' || fates[offset] === 'refused';
        expect(stored).toEqual(range(fates.length).filter((offset) => !letter(offset)));
        expect(written).toEqual(range(fates.length).filter(letter));
        expect(early).toBe(0);
        await work.stop();
      }),
      { numRuns: 100 },
    );
  });

  test('has no room at its limit, and tells when it has again', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { work, until, roomMade } = line({
      judge: async (each) => {
        await held;
        return sends(offsetOf(each));
      },
    });
    work.take([entry(0, 999)]);
    expect(work.hasRoom).toBe(true);
    work.take([entry(1, 1)]);
    expect([work.hasRoom, roomMade()]).toEqual([false, 0]);
    release();
    await until(() => work.hasRoom);
    expect(roomMade()).toBe(1);
  });

  test('draining ends with all that was taken, or at the first failure', async () => {
    const parts = line();
    parts.work.take(range(350).map((offset) => entry(offset)));
    await parts.work.drain();
    expect([parts.sent, parts.done.at(-1)]).toEqual([range(350), 350]);
    const failing = line({
      sendMany: async (requests) =>
        requests.map(({ data }) =>
          Number(data) < 3 ? { status: 'sent' } : { status: 'failed', error: down },
        ),
    });
    failing.work.take(range(10).map((offset) => entry(offset)));
    await failing.work.drain();
    expect(failing.done).toEqual([3]);
  });

  test('stopping ends after what is under way, however long the store is down', async () => {
    let attempts = 0;
    const { work, until, done } = line({
      sendMany: async () => {
        attempts += 1;
        throw down;
      },
    });
    work.take(range(10).map((offset) => entry(offset)));
    await until(() => attempts > 3);
    await work.stop();
    expect([vi.getTimerCount(), done]).toEqual([0, []]);
  });

  test('a notifier that is closing says nothing about a record', async () => {
    let closing = true;
    const { work, until, done, letters } = line({
      sendMany: async (requests) => {
        const error = new NotifyError('CLOSED', 'this node is going away');
        return requests.map(() => (closing ? { status: 'failed', error } : { status: 'sent' }));
      },
    });
    work.take([entry(0)]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(done).toEqual([]);
    closing = false;
    await until(() => done.length > 0);
    expect(letters).toEqual([]);
  });
});
