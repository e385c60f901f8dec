import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestWindowOf, isInWindow } from './digest-window.js';

test('every moment is in exactly one window, which its neighbours touch', () => {
  const property = fc.property(fc.nat(2 ** 41), fc.integer({ min: 1, max: 1e9 }), (time, ms) => {
    const window = digestWindowOf(time, ms);
    expect(isInWindow(window, time)).toBe(true);
    expect(window.end - window.start).toBe(ms);
    expect(digestWindowOf(window.start, ms)).toEqual(window);
    expect(digestWindowOf(window.end - 1, ms)).toEqual(window);
    expect(digestWindowOf(window.end, ms).start).toBe(window.end);
    expect(isInWindow(window, window.end)).toBe(false);
    expect(isInWindow(window, window.start - 1)).toBe(false);
  });
  fc.assert(property);
});
