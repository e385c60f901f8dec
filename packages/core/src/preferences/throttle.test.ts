import fc from 'fast-check';
import { expect, test } from 'vitest';
import { throttle } from './throttle.js';

test('at most so many in any window, whatever the moments, and never more to remember', () => {
  const steps = fc.array(fc.nat(300), { minLength: 1, maxLength: 60 });
  const settings = fc.record({
    limit: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.integer({ min: 1, max: 1_000 }),
  });
  const property = fc.property(settings, steps, (setting, gaps) => {
    let now = 1_000;
    let times: readonly number[] = [];
    const allowed: number[] = [];
    for (const gap of gaps) {
      now += gap;
      const asked = throttle(setting, times, now);
      const inWindow = allowed.filter((time) => time > now - setting.windowMs).length;
      expect(asked.isAllowed).toBe(inWindow < setting.limit);
      if (!asked.isAllowed) continue;
      times = asked.times;
      allowed.push(now);
      expect(times.length).toBeLessThanOrEqual(setting.limit);
    }
  });
  fc.assert(property);
});

test('who waits as long as it says is allowed, and not a millisecond earlier', () => {
  const setting = { limit: 2, windowMs: 100 };
  const asked = throttle(setting, [10, 50], 60);
  expect(asked).toEqual({ isAllowed: false, waitMs: 50 });
  expect(throttle(setting, [10, 50], 109).isAllowed).toBe(false);
  expect(throttle(setting, [10, 50], 110)).toEqual({ isAllowed: true, times: [50, 110] });
});

test('a clock that was ahead keeps nobody waiting longer than a window', () => {
  const setting = { limit: 1, windowMs: 100 };
  expect(throttle(setting, [9_000], 60)).toEqual({ isAllowed: false, waitMs: 100 });
});

test('of more times than the limit, after it was lowered, the newest count', () => {
  const asked = throttle({ limit: 1, windowMs: 100 }, [10, 20, 30], 40);
  expect(asked).toEqual({ isAllowed: false, waitMs: 90 });
});
