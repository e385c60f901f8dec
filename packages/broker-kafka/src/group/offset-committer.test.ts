import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Membership } from './group-membership.js';
import { OffsetCommitter } from './offset-committer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const member = (generation: number, ...partitions: number[]): Membership => ({
  ...{ memberId: 'm', generation, assigned: { t: partitions } },
});
const place = (partition: number, offset: number) => ({ topic: 't', partition, offset });

/** What Kafka was asked for, as `generation: partition@offset`; it fails while `fails` says so. */
function committer() {
  const asked: string[] = [];
  let fails = false;
  let answer: (() => void) | undefined;
  const held = { on: false };
  const made = new OffsetCommitter(async ({ generation }, places) => {
    asked.push(`${generation}: ${places.map((p) => `${p.partition}@${p.offset}`).join(' ')}`);
    if (held.on) {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    }
    if (fails) throw new Error('not now');
  });
  return {
    made,
    asked,
    held,
    fail: (does: boolean) => {
      fails = does;
    },
    answer: () => answer?.(),
  };
}

describe('commits', () => {
  test('are made one at a time; what came up meanwhile goes with the next, the furthest of each', async () => {
    const { made, asked, held, answer } = committer();
    made.become(member(1, 0, 1));
    held.on = true;
    made.done(place(0, 1));
    made.done(place(0, 2));
    made.done(place(0, 3));
    made.done(place(1, 5));
    held.on = false;
    answer();
    await made.flush(1_000);
    expect(asked).toEqual(['1: 0@1', '1: 0@3 1@5']);
    await made.close();
  });

  test('are tried again after a failure, but never for a partition that was lost', async () => {
    const { made, asked, fail } = committer();
    made.become(member(1, 0, 1));
    fail(true);
    made.done(place(0, 1));
    made.done(place(1, 1));
    await vi.advanceTimersByTimeAsync(0);
    made.become(member(2, 1));
    fail(false);
    await vi.advanceTimersByTimeAsync(1_000);
    made.done(place(0, 2));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked[0]).toBe('1: 0@1');
    expect(asked.slice(1).filter((each) => each.includes('0@'))).toEqual([]);
    expect(asked.at(-1)).toBe('2: 1@1');
    await made.close();
  });

  test('wait while this node is no member, and end with it', async () => {
    const { made, asked } = committer();
    made.become(member(1, 0));
    made.become(undefined);
    made.done(place(0, 1));
    await made.flush(1_000);
    expect(asked).toEqual([]);
    await made.close();
    made.become(member(2, 0));
    made.done(place(0, 1));
    expect([asked, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
