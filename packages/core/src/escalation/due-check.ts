import { readStored } from '../catalogue/notification-of.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Notification, StoredEnvelope } from '../notification/notification.js';
import type { Store } from '../ports/store.js';
import {
  allowsMedium,
  type Preferences,
  type ResolvedPreferences,
  resolvePreferences,
  throttleOf,
} from '../preferences/preferences.js';
import { quietUntil } from '../preferences/quiet-hours.js';
import type { Presence } from '../routing/presence.js';
import { withinMs } from '../time/within-ms.js';
import type { Admission, Applicant, Bars, NotAdmitted } from './admission.js';
import type { Standing } from './digest-ledger.js';
import type { PreferencesOf, ResolvedRule, SeenCheck } from './escalation-options.js';
import { type EscalationWork, windowOf } from './escalation-work.js';
import { findStored } from './find-stored.js';
import { covers, isInSet, type WindowSet } from './window-set.js';

/** What a {@link DueCheck} asks. */
export interface DueCheckContext {
  readonly store: Pick<Store, 'positions' | 'readAfter'>;
  readonly channelNames: ChannelNames;
  readonly presence: Pick<Presence, 'online'>;
  readonly admission: Pick<Admission, 'standing' | 'admit' | 'putOff' | 'leave'>;
  readonly hasSeen: SeenCheck;
  readonly preferencesOf?: PreferencesOf | undefined;
  readonly preferences: Preferences;
  readonly hookWaitMs: number;
}

/** What is to be done now about work that is due. */
export type Verdict =
  | {
      readonly verdict: 'call';
      readonly notifications: readonly [Notification, ...Notification[]];
      /** Of a digest: those that its call takes in; the same where it is called for again. */
      readonly windows?: WindowSet | undefined;
    }
  | { readonly verdict: 'wait'; readonly ms: number; readonly windows?: WindowSet | undefined }
  /** Seen, or not wanted, or told by another call. */
  | { readonly verdict: 'drop' }
  /** The notification is not there: not stored yet, or never, or not kept any more. */
  | { readonly verdict: 'missing' };

/** Notifications of one digest. */
const maxDigest = 100;
/** A user who is online is looked for again after so long at the least. */
const leastWaitMs = 1_000;

/** Finds out whether a user is to be told, and of what. */
export class DueCheck {
  readonly #context: DueCheckContext;

  constructor(context: DueCheckContext) {
    this.#context = context;
  }

  /**
   * Rejects where something could not be found out for the moment, or before it was.
   * @param closing - aborts when the node is closed
   */
  async check(rule: ResolvedRule, work: EscalationWork, closing: AbortSignal): Promise<Verdict> {
    const { admission } = this.#context;
    const { userId } = work;
    const applicant = { rule, work };
    const standing = await admission.standing(applicant);
    if (standing.is === 'taken') return { verdict: 'drop' };
    const windows = windowsOf(work, standing);
    const stored = await this.#find(applicant, windows);
    if (stored.length === 0) return { verdict: 'missing' };
    const unseen = await this.#unseen(userId, stored, closing);
    if (unseen.length === 0) return this.#drop(applicant, standing);
    if (rule.whileOnline !== 'call' && (await this.#isOnline(userId))) {
      if (rule.whileOnline === 'skip') return this.#drop(applicant, standing);
      const until = Date.now() + Math.max(leastWaitMs, rule.unseenAfterMs);
      return verdictOf(await admission.putOff(applicant, standing, until), standing);
    }
    const preferences = await this.#preferencesOf(userId, closing);
    const isWanted = ({ type }: StoredEnvelope) => allowsMedium(preferences, type, rule.medium);
    if (!unseen.some(isWanted)) return this.#drop(applicant, standing);
    const admitted = await admission.admit(applicant, standing, barsOf(preferences, rule));
    if (admitted.is !== 'called') return verdictOf(admitted, standing);
    const isWider = admitted.windows?.some((window) => !covers(windows, window));
    const all = isWider
      ? await this.#unseen(userId, await this.#find(applicant, admitted.windows), closing)
      : unseen;
    const [first, ...others] = all.filter(isWanted).map((envelope) => readStored(envelope));
    if (first === undefined) return { verdict: 'drop' };
    return { verdict: 'call', notifications: [first, ...others], windows: admitted.windows };
  }

  /** @param windows - of a digest */
  #find({ rule, work: { userId, about } }: Applicant, windows: WindowSet = []) {
    const { store, channelNames } = this.#context;
    const channel = channelNames.user(userId);
    if ('id' in about) {
      const isWanted = ({ id }: StoredEnvelope): boolean => id === about.id;
      return findStored(store, channel, { since: about.time, most: 1, isWanted });
    }
    return findStored(store, channel, {
      since: Math.min(...windows.map(({ start }) => start)),
      most: maxDigest,
      isWanted: ({ type, time }) => rule.types.includes(type) && isInSet(windows, time),
    });
  }

  async #drop(applicant: Applicant, { is }: Standing): Promise<Verdict> {
    if (is === 'waiting') await this.#context.admission.leave(applicant);
    return { verdict: 'drop' };
  }

  async #unseen(
    userId: string,
    stored: readonly StoredEnvelope[],
    closing: AbortSignal,
  ): Promise<readonly StoredEnvelope[]> {
    const ids = stored.map(({ id }) => id);
    const seen = await this.#ask('hasSeen', () => this.#context.hasSeen(userId, ids), closing);
    return stored.filter(({ id }) => !seen.has(id));
  }

  async #isOnline(userId: string): Promise<boolean> {
    return (await this.#context.presence.online([userId])).has(userId);
  }

  async #preferencesOf(userId: string, closing: AbortSignal): Promise<ResolvedPreferences> {
    const { preferencesOf, preferences } = this.#context;
    const own =
      preferencesOf && (await this.#ask('preferencesOf', () => preferencesOf(userId), closing));
    return resolvePreferences(preferences, own ?? {});
  }

  #ask<T>(name: string, hook: () => Promise<T> | T, closing: AbortSignal): Promise<T> {
    const { hookWaitMs } = this.#context;
    const late = () => {
      const message = `the \`${name}\` hook took over ${hookWaitMs} ms`;
      return new NotifyError('ESCALATION_FAILED', message);
    };
    return withinMs(Promise.resolve().then(hook), hookWaitMs, late, closing);
  }
}

/** Of a digest: what its call takes in, as far as it is known. */
function windowsOf(work: EscalationWork, standing: Standing): WindowSet {
  if (standing.is === 'calling') return standing.windows;
  const window = windowOf(work);
  return window === undefined ? [] : [window];
}

function barsOf(preferences: ResolvedPreferences, { medium }: ResolvedRule): Bars {
  const { quietHours } = preferences;
  return {
    until: quietHours === false ? undefined : quietUntil(quietHours, Date.now()),
    limits: throttleOf(preferences, medium),
  };
}

function verdictOf(notYet: NotAdmitted, standing: Standing): Verdict {
  if (notYet.is === 'taken') return { verdict: 'drop' };
  const windows = standing.is === 'calling' ? standing.windows : undefined;
  return { verdict: 'wait', ms: Math.max(0, notYet.until - Date.now()), windows };
}
