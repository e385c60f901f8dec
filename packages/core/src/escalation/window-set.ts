import { type DigestWindow, isInWindow } from '../preferences/digest-window.js';

/** Windows of time, the earliest first; those that touch are one. */
export type WindowSet = readonly DigestWindow[];

export function isInSet(set: WindowSet, time: number): boolean {
  return set.some((window) => isInWindow(window, time));
}

/** Whether a window is in the set as a whole. */
export function covers(set: WindowSet, { start, end }: DigestWindow): boolean {
  return set.some((each) => each.start <= start && end <= each.end);
}

export function withWindow(set: WindowSet, window: DigestWindow): WindowSet {
  let joined = window;
  const apart: DigestWindow[] = [];
  for (const each of set) {
    if (each.end < joined.start || each.start > joined.end) apart.push(each);
    else {
      const [start, end] = [Math.min(each.start, joined.start), Math.max(each.end, joined.end)];
      joined = { start, end };
    }
  }
  return [...apart, joined].toSorted((one, other) => one.start - other.start);
}

export function withoutWindow(set: WindowSet, { start, end }: DigestWindow): WindowSet {
  return set
    .flatMap((each) => [
      { start: each.start, end: Math.min(each.end, start) },
      { start: Math.max(each.start, end), end: each.end },
    ])
    .filter((each) => each.start < each.end);
}
