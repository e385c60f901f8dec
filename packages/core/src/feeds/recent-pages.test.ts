import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogPage } from '../ports/store.js';
import { originPosition } from '../positions/position.js';
import { sampleStored } from '../test-doubles/envelopes.js';
import { RecentPages } from './recent-pages.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function page(dataChars: number): Promise<LogPage> {
  const items = [sampleStored('all', 1, { dataJson: 'x'.repeat(dataChars) })];
  return Promise.resolve({ items, logStart: 1, head: originPosition });
}

test('a page is given for as long as it is recent, and let go of without being asked for', async () => {
  const pages = new RecentPages(1_000, 1_000_000);
  const first = page(10);
  pages.keep('first', first);
  await vi.advanceTimersByTimeAsync(600);
  pages.keep('second', page(10));
  expect(pages.find('first')).toBe(first);
  await vi.advanceTimersByTimeAsync(400);
  expect(pages.find('first')).toBeUndefined();
  expect(pages.find('second')).toBeDefined();
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(600);
  expect(pages.find('second')).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

test('G9 together they hold no more than their bytes; the oldest go first', async () => {
  const pages = new RecentPages(1_000, 10_000);
  for (const key of ['a', 'b', 'c', 'd']) {
    pages.keep(key, page(3_000));
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(['a', 'b', 'c', 'd'].map((key) => pages.find(key) !== undefined)).toEqual([
    false,
    true,
    true,
    true,
  ]);
  pages.keep('huge', page(20_000));
  await vi.advanceTimersByTimeAsync(1);
  expect(['b', 'c', 'd', 'huge'].every((key) => pages.find(key) === undefined)).toBe(true);
  pages.keep('e', page(3_000));
  await vi.advanceTimersByTimeAsync(1);
  expect(pages.find('e')).toBeDefined();
});

test('a page asked for again takes the place of the one before, and a failed one leaves', async () => {
  const pages = new RecentPages(1_000, 10_000);
  for (let n = 0; n < 10; n += 1) pages.keep('same', page(3_000));
  await vi.advanceTimersByTimeAsync(1);
  expect(pages.find('same')).toBeDefined();
  pages.keep('failing', Promise.reject(new Error('no')));
  await vi.advanceTimersByTimeAsync(1);
  expect(pages.find('failing')).toBeUndefined();
});
