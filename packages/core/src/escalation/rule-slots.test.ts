import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RuleSlots } from './rule-slots.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const rules = [{ name: 'mail' }, { name: 'sms' }];
const slotsOf = () => new RuleSlots({ rules, concurrency: 2, patienceMs: 1_000 });

test('there is room for what may be of any rule that is not full and slow', () => {
  const slots = slotsOf();
  expect(slots.room()).toBe(2);
  const ends = [slots.begin('mail'), slots.begin('mail')];
  expect(slots.begin('mail')).toBeUndefined();
  expect(slots.room()).toBe(0);
  vi.advanceTimersByTime(1_001);
  expect(slots.room()).toBe(2);
  slots.begin('sms');
  expect(slots.room()).toBe(1);
  ends[1]?.();
  expect(slots.room()).toBe(1);
  slots.begin(undefined);
  slots.begin(undefined);
  expect(slots.room()).toBe(0);
});

test('what is passed over waits as long as those before it may take, within bounds', () => {
  const slots = slotsOf();
  const end = slots.begin('mail');
  slots.begin('mail');
  vi.advanceTimersByTime(3_000);
  expect([1, 2, 3, 4].map(() => slots.passOver('mail'))).toEqual([1_500, 3_000, 4_500, 6_000]);
  vi.advanceTimersByTime(57_000);
  expect(slots.passOver('mail')).toBe(60_000);
  end?.();
  slots.begin('mail');
  // The older one still counts.
  expect(slots.passOver('mail')).toBe(30_000);
  const young = slotsOf();
  for (let i = 0; i < 2; i += 1) young.begin('sms');
  expect(young.passOver('sms')).toBe(1_000);
});
