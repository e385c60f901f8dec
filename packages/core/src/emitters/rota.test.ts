import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Rota } from './rota.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const periodMs = 1_600;

function rota() {
  const turns: string[] = [];
  return { turns, rota: new Rota<string>(periodMs, (member) => turns.push(member)) };
}

test('each member has its turn once per period, however many there are', () => {
  const { turns, rota: heartbeats } = rota();
  const members = Array.from({ length: 50 }, (_, index) => `m${index}`);
  for (const member of members) heartbeats.add(member);
  for (let period = 1; period <= 3; period += 1) {
    vi.advanceTimersByTime(periodMs);
    expect([...turns].sort()).toEqual(members.flatMap((m) => Array(period).fill(m)).sort());
  }
});

test('turns are spread over the period, with one timer for all', () => {
  const { turns, rota: heartbeats } = rota();
  for (let n = 0; n < 32; n += 1) heartbeats.add(`m${n}`);
  expect(vi.getTimerCount()).toBe(1);
  const perTick: number[] = [];
  for (let tick = 0; tick < 16; tick += 1) {
    const before = turns.length;
    vi.advanceTimersByTime(periodMs / 16);
    perTick.push(turns.length - before);
  }
  expect(perTick).toEqual(Array(16).fill(2));
});

test('the first turn of a member that joins later comes within one period', () => {
  const { turns, rota: heartbeats } = rota();
  heartbeats.add('early');
  for (let n = 0; n < 20; n += 1) {
    vi.advanceTimersByTime(periodMs / 16);
    heartbeats.add(`late ${n}`);
    turns.length = 0;
    vi.advanceTimersByTime(periodMs);
    expect(turns.filter((member) => member === `late ${n}`)).toHaveLength(1);
  }
});

test('who was taken off has no more turns', () => {
  const { turns, rota: heartbeats } = rota();
  heartbeats.add('gone');
  heartbeats.add('stays');
  heartbeats.remove('gone');
  heartbeats.remove('gone');
  vi.advanceTimersByTime(periodMs);
  expect(turns).toEqual(['stays']);
});

test('a member may be taken off, or another added, during a turn', () => {
  const turns: string[] = [];
  const checks: Rota<string> = new Rota(periodMs, (member) => {
    turns.push(member);
    if (member !== 'new') checks.remove(member);
    if (member === 'one') checks.add('new');
  });
  for (const member of ['one', 'two']) checks.add(member);
  vi.advanceTimersByTime(periodMs * 2);
  expect(turns.filter((member) => member === 'one')).toHaveLength(1);
  expect(turns.filter((member) => member === 'new').length).toBeGreaterThan(0);
});

test('G10 closed, it keeps no timer and gives no turns', () => {
  const { turns, rota: heartbeats } = rota();
  heartbeats.add('m');
  heartbeats.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(periodMs * 2);
  expect(turns).toEqual([]);
});
