import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Notification, StoredEnvelope } from '../notification/notification.js';
import type { Store } from '../ports/store.js';
import { isInWindow } from '../preferences/digest-window.js';
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
import type { PreferencesOf, ResolvedRule, SeenCheck } from './escalation-options.js';
import type { EscalationWork } from './escalation-work.js';
import { findStored } from './find-stored.js';
import type { ThrottleSlots } from './throttle-slots.js';

/** What a {@link DueCheck} asks. */
export interface DueCheckContext {
  readonly store: Pick<Store, 'positions' | 'readAfter'>;
  readonly channelNames: ChannelNames;
  readonly presence: Pick<Presence, 'online'>;
  readonly slots: Pick<ThrottleSlots, 'take'>;
  readonly hasSeen: SeenCheck;
  readonly preferencesOf?: PreferencesOf | undefined;
  readonly preferences: Preferences;
  readonly hookWaitMs: number;
}

/** What is to be done now about work that is due. */
export type Verdict =
  | { readonly verdict: 'call'; readonly notifications: readonly [Notification, ...Notification[]] }
  | { readonly verdict: 'wait'; readonly ms: number }
  /** Seen, or not wanted. */
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
    const { userId } = work;
    const stored = await this.#find(rule, work);
    if (stored.length === 0) return { verdict: 'missing' };
    const unseen = await this.#unseen(userId, stored, closing);
    if (unseen.length === 0) return { verdict: 'drop' };
    if (rule.whileOnline !== 'call' && (await this.#isOnline(userId))) {
      if (rule.whileOnline === 'skip') return { verdict: 'drop' };
      return { verdict: 'wait', ms: Math.max(leastWaitMs, rule.unseenAfterMs) };
    }
    const preferences = await this.#preferencesOf(userId, closing);
    const wanted = unseen.filter(({ type }) => allowsMedium(preferences, type, rule.medium));
    const [first, ...others] = wanted.map(notificationOf);
    if (first === undefined) return { verdict: 'drop' };
    const waitMs = await this.#waitMs(preferences, rule, work);
    if (waitMs > 0) return { verdict: 'wait', ms: waitMs };
    return { verdict: 'call', notifications: [first, ...others] };
  }

  #find({ types }: ResolvedRule, { userId, about }: EscalationWork) {
    const { store, channelNames } = this.#context;
    const channel = channelNames.user(userId);
    if ('id' in about) {
      const isWanted = ({ id }: StoredEnvelope): boolean => id === about.id;
      return findStored(store, channel, { since: about.time, most: 1, isWanted });
    }
    return findStored(store, channel, {
      since: about.start,
      most: maxDigest,
      isWanted: ({ type, time }) => types.includes(type) && isInWindow(about, time),
    });
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

  /** Until the quiet hours end, or the throttle lets it through; 0 where it may go now. */
  async #waitMs(
    preferences: ResolvedPreferences,
    { medium }: ResolvedRule,
    { userId, isThrough }: EscalationWork,
  ): Promise<number> {
    const now = Date.now();
    const { quietHours } = preferences;
    const quietEnd = quietHours === false ? undefined : quietUntil(quietHours, now);
    if (quietEnd !== undefined) return quietEnd - now;
    const limits = throttleOf(preferences, medium);
    if (limits === undefined || isThrough) return 0;
    return this.#context.slots.take(userId, medium, limits);
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

function notificationOf(envelope: StoredEnvelope): Notification {
  const { id, type, channel, epoch, offset, time, dataJson } = envelope;
  const data: unknown = JSON.parse(dataJson);
  return { id, type, channel, epoch, offset, time, data };
}
