import type { DigestWindow } from '../preferences/digest-window.js';
import { type Throttle, throttle } from '../preferences/throttle.js';
import { emptyLedger, leave, type Standing, standingOf, takeAll, wait } from './digest-ledger.js';
import type { ResolvedRule } from './escalation-options.js';
import { type EscalationWork, windowOf } from './escalation-work.js';
import type { Decision, UserState, UserStates } from './user-states.js';
import type { WindowSet } from './window-set.js';

/** Work that is due, and its rule. */
export interface Applicant {
  readonly rule: Pick<ResolvedRule, 'name' | 'medium' | 'types'>;
  readonly work: EscalationWork;
}

/** What keeps from a call. */
export interface Bars {
  /** Milliseconds since 1970 UTC: no call before then. */
  readonly until?: number | undefined;
  readonly limits?: Throttle | undefined;
}

/** It is not called for now. */
export type NotAdmitted =
  | { readonly is: 'put off'; readonly until: number }
  /** The call of another window takes it in. */
  | { readonly is: 'taken' };

/** What is to become of work that could be called for; a digest with the windows that its call takes in. */
export type Admitted =
  | NotAdmitted
  | { readonly is: 'called'; readonly windows?: WindowSet | undefined };

/**
 * Lets through to a call what may be called for: throttled, and the windows of a digest that had to wait all in one.
 * Nodes agree on it by the user's state; methods reject as those of {@link UserStates} do.
 */
export class Admission {
  readonly #states: Pick<UserStates, 'read' | 'change'>;

  constructor(states: Pick<UserStates, 'read' | 'change'>) {
    this.#states = states;
  }

  /** How the window of a digest stands; a single notification is always new. */
  async standing({ rule, work }: Applicant): Promise<Standing> {
    const window = windowOf(work);
    if (window === undefined) return { is: 'new' };
    if (work.windows !== undefined) return { is: 'calling', windows: work.windows };
    const { digests } = await this.#states.read(work.userId);
    return standingOf(digests[rule.name] ?? emptyLedger, window);
  }

  async admit(applicant: Applicant, standing: Standing, bars: Bars): Promise<Admitted> {
    const { until, limits } = bars;
    if (until !== undefined) return this.putOff(applicant, standing, until);
    const { rule, work } = applicant;
    const window = sharedWindow(applicant, standing);
    if (window !== undefined) {
      const asked = { ...rule, window, limits };
      return this.#states.change(work.userId, (state, now) => admitDigest(state, asked, now));
    }
    if (standing.is === 'calling') return { is: 'called', windows: standing.windows };
    if (limits !== undefined && !work.isThrough) {
      const asked = { medium: rule.medium, limits };
      const ms = await this.#states.change(work.userId, (state, now) => pass(state, asked, now));
      if (ms > 0) return { is: 'put off', until: Date.now() + ms };
    }
    const own = windowOf(work);
    return { is: 'called', windows: own && [own] };
  }

  async putOff(applicant: Applicant, standing: Standing, until: number): Promise<NotAdmitted> {
    const { rule, work } = applicant;
    const window = sharedWindow(applicant, standing);
    if (window === undefined) return { is: 'put off', until };
    const asked = { name: rule.name, window, until };
    return this.#states.change(work.userId, (state, now) => putOffDigest(state, asked, now));
  }

  /** It is not going to be called for: nor is it to go into the call of another. */
  async leave({ rule, work }: Applicant): Promise<void> {
    const window = windowOf(work);
    if (window === undefined) return;
    await this.#states.change(work.userId, (state) => {
      const ledger = state.digests[rule.name] ?? emptyLedger;
      return [withLedger(state, rule.name, leave(ledger, window)), undefined];
    });
  }
}

/**
 * The window of a digest, where it may go into a call with others. What was called for already, or may have been, is
 * called for again by itself, under its own key: so it can be told that it repeats.
 */
function sharedWindow({ work }: Applicant, { is }: Standing): DigestWindow | undefined {
  const keepsToItself = is === 'calling' || (is === 'new' && work.calls > 0);
  return keepsToItself ? undefined : windowOf(work);
}

/** A window that is due, and could be called for but for the throttle. */
export interface DueWindow {
  /** Of the rule. */
  readonly name: string;
  readonly medium: string;
  readonly window: DigestWindow;
  readonly limits?: Throttle | undefined;
}

/** Decides for all nodes what becomes of a window. */
export function admitDigest(
  state: UserState,
  { name, medium, window, limits }: DueWindow,
  now: number,
): Decision<Admitted> {
  const ledger = state.digests[name] ?? emptyLedger;
  const standing = standingOf(ledger, window);
  // Another node was faster.
  if (standing.is === 'taken') return [state, { is: 'taken' }];
  if (standing.is === 'calling') return [state, { is: 'called', windows: standing.windows }];
  const [passed, ms] = limits === undefined ? [state, 0] : pass(state, { medium, limits }, now);
  if (ms > 0) return putOffDigest(state, { name, window, until: now + ms }, now);
  const all = takeAll(ledger, window, now);
  return [withLedger(passed, name, all.ledger), { is: 'called', windows: all.windows }];
}

/** Has a window wait, so that the next call of its rule takes it in. */
export function putOffDigest(
  state: UserState,
  { name, window, until }: Pick<DueWindow, 'name' | 'window'> & { readonly until: number },
  now: number,
): Decision<NotAdmitted> {
  const ledger = state.digests[name] ?? emptyLedger;
  const { is } = standingOf(ledger, window);
  if (is === 'taken') return [state, { is }];
  const waiting = is === 'calling' ? ledger : wait(ledger, window, { until, now });
  return [withLedger(state, name, waiting), { is: 'put off', until }];
}

/** Takes one of the calls that the throttle allows; gives 0, or how long to wait for one. */
function pass(
  state: UserState,
  { medium, limits }: { readonly medium: string; readonly limits: Throttle },
  now: number,
): Decision<number> {
  const told = new Map(Object.entries(state.told));
  const asked = throttle(limits, told.get(medium) ?? [], now);
  if (!asked.isAllowed) return [state, asked.waitMs];
  told.set(medium, asked.times);
  return [{ ...state, told: Object.fromEntries(told) }, 0];
}

function withLedger(
  state: UserState,
  rule: string,
  ledger: UserState['digests'][string],
): UserState {
  if (ledger === (state.digests[rule] ?? emptyLedger)) return state;
  return { ...state, digests: { ...state.digests, [rule]: ledger } };
}
