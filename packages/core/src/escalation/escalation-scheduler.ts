import type { ChannelNames } from '../channels/channel-names.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Appender } from '../notifier/append-audience.js';
import type { DueWork, ScheduledWork } from '../ports/due-work.js';
import type { AppendOutcome, Draft } from '../ports/store.js';
import { digestWindowOf } from '../preferences/digest-window.js';
import type { ResolvedRule } from './escalation-options.js';
import { type EscalationSubject, keyOf, scheduledWork } from './escalation-work.js';

/** What an {@link EscalationScheduler} works with. */
export interface SchedulerContext {
  readonly appender: Appender;
  readonly dueWork: DueWork;
  readonly rules: readonly ResolvedRule[];
  readonly channelNames: ChannelNames;
}

/** What is known of a notification before it is stored. */
type Planned = Pick<Draft, 'channel' | 'id' | 'type' | 'time'>;

/**
 * How long after its time a digest is looked at: appends that were under way then have ended. Those that come even
 * later are escalated each for itself.
 */
const settleMs = 6_000;

/** What becomes an outcome of each draft, as where the append itself fails. */
const mayPass: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'LIMIT_EXCEEDED']);

/**
 * Schedules escalations before it appends what they are about: nothing that is stored can be without. What is not
 * stored after all is found out when it is due, or cancelled where it is known at once.
 */
export class EscalationScheduler implements Appender {
  readonly #context: SchedulerContext;

  constructor(context: SchedulerContext) {
    this.#context = context;
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const { appender, dueWork } = this.#context;
    const concerned = drafts.filter((draft) => this.#rulesFor(draft).length > 0);
    if (concerned.length === 0) return appender.append(drafts);
    try {
      await this.schedule(concerned);
    } catch (error) {
      if (!NotifyError.is(error) || !mayPass.has(error.code)) throw error;
      return drafts.map(() => ({ status: 'failed', error }));
    }
    const outcomes = await appender.append(drafts);
    const vain = drafts.flatMap((draft, i) =>
      isVain(draft, outcomes[i]) ? this.#keysOfItsOwn(draft) : [],
    );
    // Whoever waits for the notification need not wait for this; when due it comes to nothing anyway.
    if (vain.length > 0) void dueWork.cancel(vain).catch(() => undefined);
    return outcomes;
  }

  /** Rejects with `STORE_UNAVAILABLE`, `LIMIT_EXCEEDED`, `NOT_STARTED` or `CLOSED`. */
  async schedule(drafts: readonly Planned[]): Promise<void> {
    const works = drafts.flatMap((draft) => this.#worksFor(draft));
    if (works.length > 0) await this.#context.dueWork.schedule(works);
  }

  #worksFor(draft: Planned): readonly ScheduledWork[] {
    const now = Date.now();
    return this.#rulesFor(draft).map(({ rule, userId }) => {
      const { name, unseenAfterMs, digestMs } = rule;
      if (digestMs !== undefined) {
        const window = digestWindowOf(draft.time, digestMs);
        const dueAt = window.end + unseenAfterMs;
        const subject = { rule: name, userId, about: window };
        if (now < dueAt) return scheduledWork(subject, dueAt + settleMs - now);
      }
      return scheduledWork(aboutOne(name, userId, draft), unseenAfterMs);
    });
  }

  /** Those of the escalations that are about this draft only. */
  #keysOfItsOwn(draft: Planned): readonly string[] {
    return this.#rulesFor(draft).map(({ rule, userId }) =>
      keyOf(aboutOne(rule.name, userId, draft)),
    );
  }

  #rulesFor({ channel, type }: Planned): readonly { rule: ResolvedRule; userId: string }[] {
    const { rules, channelNames } = this.#context;
    const userId = channelNames.userOf(channel);
    if (userId === undefined || channelNames.user(userId) !== channel) return [];
    return rules.filter(({ types }) => types.includes(type)).map((rule) => ({ rule, userId }));
  }
}

function aboutOne(rule: string, userId: string, { id, time }: Planned): EscalationSubject {
  return { rule, userId, about: { id, time } };
}

/** Nothing is stored under this draft's id, nor will be. */
function isVain({ id }: Draft, outcome: AppendOutcome | undefined): boolean {
  if (outcome === undefined) return false;
  return outcome.status === 'failed' ? !outcome.error.retryable : outcome.envelope.id !== id;
}
