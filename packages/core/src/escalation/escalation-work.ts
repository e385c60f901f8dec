import { z } from 'zod';
import type { ScheduledWork } from '../ports/due-work.js';
import type { DigestWindow } from '../preferences/digest-window.js';
import { windowSchema } from './digest-ledger.js';

const count = z.int().min(0).default(0);

/** Loose: what a newer version added is handed on. */
const workSchema = z.looseObject({
  /** Names the rule. */
  rule: z.string(),
  userId: z.string(),
  about: z.union([
    /** One notification, and its time. */
    z.object({ id: z.string(), time: z.number() }),
    /** All in a digest's window. */
    windowSchema,
  ]),
  /** Calls of the hook that failed. */
  calls: count,
  /** Leases of which it is known how they ended. */
  leases: count,
  /** Looks that failed, or did not find the notification. */
  looks: count,
  /** A call took too long: it may have done its work. */
  isUnsure: z.boolean().default(false),
  /** A throttle has let it through. */
  isThrough: z.boolean().default(false),
  /** Of a digest that was called for: the windows that its call takes in. */
  windows: z.array(windowSchema).readonly().optional(),
});

/** What is kept of an escalation until it is done. */
export type EscalationWork = Readonly<z.output<typeof workSchema>>;

export type EscalationSubject = Pick<EscalationWork, 'rule' | 'userId' | 'about'>;

export function scheduledWork(subject: EscalationSubject, afterMs: number): ScheduledWork {
  return { key: keyOf(subject), afterMs: Math.max(0, afterMs), workJson: JSON.stringify(subject) };
}

/** The user's id comes last, since it may hold anything. */
export function keyOf({ rule, userId, about }: EscalationSubject): string {
  const what = 'id' in about ? about.id : `${about.start}-${about.end}`;
  return `escalation:${rule}:${what}:${userId}`;
}

/** What a digest is about; undefined where it is one notification. */
export function windowOf({ about }: Pick<EscalationSubject, 'about'>): DigestWindow | undefined {
  return 'id' in about ? undefined : about;
}

/** Undefined where it is not ours, or of a newer version. */
export function parseWork(workJson: string): EscalationWork | undefined {
  try {
    return workSchema.parse(JSON.parse(workJson));
  } catch {
    return undefined;
  }
}
