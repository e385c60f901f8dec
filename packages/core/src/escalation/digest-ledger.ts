import { z } from 'zod';
import type { DigestWindow } from '../preferences/digest-window.js';
import { covers, type WindowSet, withoutWindow, withWindow } from './window-set.js';

/** Checks a {@link DigestWindow}. */
export const windowSchema = z.object({ start: z.number(), end: z.number() });

/** Checks a {@link DigestLedger}. */
export const ledgerSchema = z.object({
  /** They were due, and could not be called for yet. */
  waiting: z.array(windowSchema).readonly(),
  /** Those that have not been looked at again by then are not going to be. */
  waitingUntil: z.number(),
  /** Calls of one window that others went into. */
  joint: z
    .array(
      z.object({
        by: windowSchema,
        windows: z.array(windowSchema).readonly(),
        until: z.number(),
      }),
    )
    .readonly(),
});

/**
 * Which windows of a rule wait for a user, and which went into the call of another window. All nodes change it one
 * after the other: so each window that waits is in one call, its own or another's.
 */
export type DigestLedger = Readonly<z.output<typeof ledgerSchema>>;

/** How a window stands. */
export type Standing =
  | { readonly is: 'new' }
  | { readonly is: 'waiting' }
  /** In the call of another. */
  | { readonly is: 'taken' }
  /** It has a call, and others went into it. */
  | { readonly is: 'calling'; readonly windows: WindowSet };

export const emptyLedger: DigestLedger = { waiting: [], waitingUntil: 0, joint: [] };

const dayMs = 86_400_000;
/** What is beyond waits each for itself: what is kept of a user stays small. */
const mostWaiting = 100;
const mostJoint = 50;

export function standingOf({ waiting, joint }: DigestLedger, window: DigestWindow): Standing {
  const own = joint.find(({ by }) => by.start === window.start && by.end === window.end);
  if (own !== undefined) return { is: 'calling', windows: own.windows };
  if (joint.some(({ windows }) => covers(windows, window))) return { is: 'taken' };
  return { is: covers(waiting, window) ? 'waiting' : 'new' };
}

/** The window is looked at again at `until`, unless the call of another takes it in before. */
export function wait(
  ledger: DigestLedger,
  window: DigestWindow,
  { until, now }: { readonly until: number; readonly now: number },
): DigestLedger {
  const isWaiting = covers(ledger.waiting, window);
  if (isWaiting && until + dayMs <= ledger.waitingUntil) return ledger;
  const { waiting, waitingUntil, joint } = withoutForgotten(ledger, now);
  const all = withWindow(waiting, window);
  if (all.length > mostWaiting && !isWaiting) return ledger;
  // Two days: one that is put off by minutes does not need a word each time.
  return { waiting: all, waitingUntil: Math.max(waitingUntil, until + 2 * dayMs), joint };
}

/** It is not to be called for any more. */
export function leave(ledger: DigestLedger, window: DigestWindow): DigestLedger {
  return { ...ledger, waiting: withoutWindow(ledger.waiting, window) };
}

/** The window is called for, with all that wait. */
export function takeAll(
  ledger: DigestLedger,
  window: DigestWindow,
  now: number,
): { readonly ledger: DigestLedger; readonly windows: WindowSet } {
  if (ledger.waiting.length === 0) return { ledger, windows: [window] };
  const { waiting, waitingUntil, joint } = withoutForgotten(ledger, now);
  const nobody = { waiting: [], waitingUntil: 0 };
  if (withoutWindow(waiting, window).length === 0) {
    return { ledger: { ...nobody, joint }, windows: [window] };
  }
  const windows = withWindow(waiting, window);
  const call = { by: window, windows, until: waitingUntil };
  return { ledger: { ...nobody, joint: [...joint, call].slice(-mostJoint) }, windows };
}

function withoutForgotten({ waiting, waitingUntil, joint }: DigestLedger, now: number) {
  return {
    waiting: waitingUntil < now ? [] : waiting,
    waitingUntil,
    joint: joint.filter(({ until }) => until >= now),
  };
}
