import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type QuietHours, quietUntil } from './quiet-hours.js';

const at = (iso: string): number => Date.parse(iso);
const minuteMs = 60_000;

test.each([
  // Plain nights and days.
  ['22:00', '07:00', 'UTC', '2026-03-01T21:59:59.999Z', undefined],
  ['22:00', '07:00', 'UTC', '2026-03-01T22:00:00.000Z', '2026-03-02T07:00:00.000Z'],
  ['22:00', '07:00', 'UTC', '2026-03-02T06:59:59.999Z', '2026-03-02T07:00:00.000Z'],
  ['22:00', '07:00', 'UTC', '2026-03-02T07:00:00.000Z', undefined],
  ['12:00', '13:30', 'Asia/Kolkata', '2026-03-01T06:30:00.000Z', '2026-03-01T08:00:00.000Z'],
  ['12:00', '13:30', 'Asia/Kolkata', '2026-03-01T06:29:59.000Z', undefined],
  ['00:00', '00:01', 'Pacific/Auckland', '2026-06-30T12:00:30.000Z', '2026-06-30T12:01:00.000Z'],
  // Berlin puts its clocks forward: that night is an hour shorter.
  ['22:00', '07:00', 'Europe/Berlin', '2026-03-28T21:00:00.000Z', '2026-03-29T05:00:00.000Z'],
  // The end is in the hour that is left out: the night ends when that hour would have begun.
  ['22:00', '02:30', 'Europe/Berlin', '2026-03-28T21:00:00.000Z', '2026-03-29T01:00:00.000Z'],
  // Back: an hour longer.
  ['22:00', '07:00', 'Europe/Berlin', '2026-10-24T20:00:00.000Z', '2026-10-25T06:00:00.000Z'],
  // The end comes twice: the first counts, and before the second it is quiet once more.
  ['22:00', '02:30', 'Europe/Berlin', '2026-10-24T20:00:00.000Z', '2026-10-25T00:30:00.000Z'],
  ['22:00', '02:30', 'Europe/Berlin', '2026-10-25T00:59:00.000Z', undefined],
  ['22:00', '02:30', 'Europe/Berlin', '2026-10-25T01:00:00.000Z', '2026-10-25T01:30:00.000Z'],
  // By half an hour.
  ['22:00', '07:00', 'Australia/Lord_Howe', '2026-10-03T12:00:00.000Z', '2026-10-03T20:00:00.000Z'],
  // A day that was left out.
  ['22:00', '07:00', 'Pacific/Apia', '2011-12-30T09:00:00.000Z', '2011-12-30T17:00:00.000Z'],
])('%s to %s in %s: at %s until %s', (from, until, timeZone, now, end) => {
  const ends = quietUntil({ from, until, timeZone }, at(now));
  expect(ends === undefined ? undefined : new Date(ends).toISOString()).toBe(end);
});

const timeZone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC');
const minuteOfDay = fc.nat({ max: 24 * 60 - 1 });
const moment = fc.integer({ min: at('1990-01-01T00:00:00Z'), max: at('2037-12-31T00:00:00Z') });

const quietHours: fc.Arbitrary<QuietHours> = fc
  .tuple(minuteOfDay, minuteOfDay, timeZone)
  .filter(([from, until]) => from !== until)
  .map(([from, until, zone]) => ({ from: text(from), until: text(until), timeZone: zone }));

test('it is quiet from now until the end, minute by minute, and not at the end', () => {
  const property = fc.property(quietHours, momentNearChange(), (quiet, now) => {
    mustBeExact(quiet, now);
  });
  fc.assert(property, { numRuns: 150 });
});

/** Any moment, or one around the change of a clock: those are what goes wrong. */
function momentNearChange(): fc.Arbitrary<number> {
  const nearChange = fc
    .tuple(fc.integer({ min: 2000, max: 2036 }), fc.constantFrom(2, 3, 8, 9, 10), fc.nat(44_640))
    .map(([year, month, minutes]) => Date.UTC(year, month, 1) + minutes * minuteMs);
  return fc.oneof(moment, nearChange);
}

function mustBeExact(quiet: QuietHours, now: number): void {
  const end = quietUntil(quiet, now);
  if (end === undefined) {
    expect(isQuiet(quiet, now)).toBe(false);
    return;
  }
  expect(end).toBeGreaterThan(now);
  expect(isQuiet(quiet, end)).toBe(false);
  // No earlier moment would do: the clock on the wall shows minutes.
  for (let each = now; each < end; each += minuteMs) {
    if (!isQuiet(quiet, each)) throw new Error(`not quiet at ${new Date(each).toISOString()}`);
  }
  expect(isQuiet(quiet, end - 1)).toBe(true);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Said in another way than the code does: by comparing the texts on the wall. */
function isQuiet({ from, until, timeZone: zone }: QuietHours, now: number): boolean {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, timeStyle: 'short' });
  formats.set(zone, format);
  const wall = format.format(now);
  return from < until ? wall >= from && wall < until : wall >= from || wall < until;
}

function text(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
