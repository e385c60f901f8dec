import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admitDigest, putOffDigest } from './admission.js';
import { emptyLedger, leave, standingOf } from './digest-ledger.js';
import type { UserState } from './user-states.js';
import { covers, type WindowSet } from './window-set.js';

const nothing: UserState = { told: {}, digests: {} };
const dayMs = 86_400_000;
const rule = { name: 'r', medium: 'mail' };
const windowOf = (hour: number) => ({ start: hour, end: hour + 1 });
const hours = Array.from({ length: 12 }, (_, i) => i);

const step = fc.record({
  hour: fc.constantFrom(...hours),
  what: fc.constantFrom('put off', 'admit', 'admit throttled'),
  afterMs: fc.nat(3_600_000),
});

/** What was told by the call of each window, and what is left to do of the others. */
class Model {
  readonly calls = new Map<number, WindowSet>();
  readonly finished = new Set<number>();

  admit(state: UserState, hour: number, now: number, limit?: number): UserState {
    const window = windowOf(hour);
    const limits = limit === undefined ? undefined : { limit, windowMs: dayMs };
    const [next, admitted] = admitDigest(state, { ...rule, window, limits }, now);
    if (admitted.is === 'taken') this.#isTaken(hour);
    if (admitted.is === 'called') this.#isCalled(hour, admitted.windows ?? []);
    return next;
  }

  #isTaken(hour: number): void {
    const tellers = [...this.calls].filter(([, windows]) => covers(windows, windowOf(hour)));
    expect(tellers.map(([teller]) => teller)).not.toEqual([]);
    expect(this.calls.has(hour)).toBe(false);
    this.finished.add(hour);
  }

  #isCalled(hour: number, windows: WindowSet): void {
    expect(covers(windows, windowOf(hour))).toBe(true);
    // As after the death of its node: the same again.
    if (this.calls.has(hour)) expect(windows).toEqual(this.calls.get(hour));
    this.calls.set(hour, windows);
    // Once it is known that it was called for, it keeps to itself.
    if (windows.length === 1 && windows[0]?.end === hour + 1 && windows[0].start === hour) {
      this.finished.add(hour);
    }
  }
}

test('whatever waits, in whatever order nodes take it up: each window is in exactly one call', () => {
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const model = new Model();
    let state = nothing;
    let now = 1_000;
    for (const { hour, what, afterMs } of steps) {
      now += 1;
      if (model.finished.has(hour)) continue;
      if (what === 'put off') {
        const asked = { name: 'r', window: windowOf(hour), until: now + afterMs };
        const [next, { is }] = putOffDigest(state, asked, now);
        if (is === 'taken') model.finished.add(hour);
        state = next;
      } else {
        state = model.admit(state, hour, now, what === 'admit' ? undefined : 2);
      }
    }
    for (const hour of hours) {
      if (!model.finished.has(hour)) state = model.admit(state, hour, now);
    }
    for (const hour of hours) {
      const tellers = [...model.calls.values()].filter((each) => covers(each, windowOf(hour)));
      expect(tellers).toHaveLength(1);
    }
    expect(state.digests.r?.waiting ?? []).toEqual([]);
  });
  fc.assert(property, { numRuns: 500 });
});

test('a throttle counts a call once, whatever goes into it', () => {
  let state = nothing;
  const limits = { limit: 1, windowMs: 100 };
  const ask = (hour: number, now: number) => {
    const [next, admitted] = admitDigest(state, { ...rule, window: windowOf(hour), limits }, now);
    state = next;
    return admitted;
  };
  expect(ask(1, 1_000)).toEqual({ is: 'called', windows: [windowOf(1)] });
  for (const hour of [2, 5]) expect(ask(hour, 1_010)).toEqual({ is: 'put off', until: 1_100 });
  expect(ask(5, 1_100)).toEqual({ is: 'called', windows: [windowOf(2), windowOf(5)] });
  expect(ask(2, 1_100)).toEqual({ is: 'taken' });
  expect(state.told).toEqual({ mail: [1_100] });
});

test('what is left alone goes into no call', () => {
  let state = nothing;
  for (const hour of [1, 2]) {
    [state] = putOffDigest(state, { name: 'r', window: windowOf(hour), until: 9 }, 1);
  }
  const left = leave(state.digests.r ?? emptyLedger, windowOf(1));
  const [, admitted] = admitDigest(
    { ...state, digests: { r: left } },
    { ...rule, window: windowOf(3) },
    9,
  );
  expect(admitted).toEqual({ is: 'called', windows: [{ start: 2, end: 4 }] });
});

test('what is put off again and again, by minutes, is a word a day', () => {
  let state = nothing;
  let words = 0;
  for (let now = 0; now < 10 * dayMs; now += 600_000) {
    const asked = { name: 'r', window: windowOf(1), until: now + 600_000 };
    const [next] = putOffDigest(state, asked, now);
    if (next !== state) words += 1;
    state = next;
    expect(standingOf(state.digests.r ?? emptyLedger, windowOf(1)).is).toBe('waiting');
  }
  expect(words).toBeLessThanOrEqual(11);
});

test('what is kept of a user stays small, and what nobody comes back for is forgotten', () => {
  let state = nothing;
  const day = (now: number, hour: number) => {
    [state] = putOffDigest(state, { name: 'r', window: windowOf(hour), until: now }, now);
  };
  for (let hour = 0; hour < 600; hour += 2) day(1, hour);
  expect(state.digests.r?.waiting).toHaveLength(100);
  day(4 * dayMs, 1_000);
  expect(state.digests.r?.waiting).toEqual([windowOf(1_000)]);
  for (let hour = 0; hour < 400; hour += 4) {
    day(4 * dayMs, hour);
    [state] = admitDigest(state, { ...rule, window: windowOf(hour + 2) }, 4 * dayMs);
  }
  expect(state.digests.r?.joint).toHaveLength(50);
});
