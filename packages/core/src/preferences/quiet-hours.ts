import { z } from 'zod';

/** When a user is left alone, every day, by the clock on the wall where the user is. */
export interface QuietHours {
  /** `HH:MM`, 00:00 to 23:59; */
  readonly from: string;
  /** up to, not including. Before `from`: on the next day. Not equal to it. */
  readonly until: string;
  /** An IANA time zone, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
}

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM, 00:00 to 23:59');

/** Checks {@link QuietHours}. */
export const quietHoursSchema = z
  .strictObject({
    from: timeOfDay,
    until: timeOfDay,
    timeZone: z.string().refine(isTimeZone, 'an IANA time zone'),
  })
  .refine(({ from, until }) => from !== until, '`from` and `until` are the same');

const minuteMs = 60_000;
const minutesOfDay = 24 * 60;

/**
 * The end of the quiet hours that `now` is in: the first moment at which the clock on the wall is out of them.
 * Undefined where `now` is in none. Clocks that are put forward or back are followed.
 * @param now - milliseconds since 1970 UTC
 */
export function quietUntil(quietHours: QuietHours, now: number): number | undefined {
  const wall = wallClock(quietHours.timeZone);
  const [from, until] = [minutesOf(quietHours.from), minutesOf(quietHours.until)];
  const isQuiet = (at: number): boolean => distance(from, wall(at)) < distance(from, until);
  if (!isQuiet(now)) return undefined;
  let at = now - (now % minuteMs);
  while (isQuiet(at)) {
    const next = at + distance(wall(at), until) * minuteMs;
    at = wall(next) === until ? next : firstChange(wall, at, next);
  }
  return at;
}

/** Where the clock was put forward or back after `start`, at `end` at the latest, to the minute. */
function firstChange(wall: (at: number) => number, start: number, end: number): number {
  const isRegular = (at: number): boolean =>
    distance(wall(start), wall(at)) === ((at - start) / minuteMs) % minutesOfDay;
  let [before, after] = [start, end];
  while (after - before > minuteMs) {
    const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs;
    if (isRegular(middle)) before = middle;
    else after = middle;
  }
  return after;
}

/** Tells the minute of the day in a time zone. */
function wallClock(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => minutesOf(format.format(at));
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/** Minutes from one time of day to the next time that it is the other. */
function distance(from: number, to: number): number {
  return (to - from + minutesOfDay) % minutesOfDay;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
