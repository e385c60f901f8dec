import { NotifyError } from '../errors/notify-error.js';
import type { DueWork, LeasedWork } from '../ports/due-work.js';
import type { Logger } from '../ports/logger.js';
import { pause } from '../time/pause.js';
import { callHook } from './call-hook.js';
import type { DueCheck } from './due-check.js';
import type { EscalationCall, ResolvedRule } from './escalation-options.js';
import { type EscalationWork, parseWork } from './escalation-work.js';

/** A user who could not be told. */
export interface Unescalated {
  /** As the hook was given it. */
  readonly key: string;
  /** Names the rule. */
  readonly rule: string;
  readonly userId: string;
  /** What it was about, as far as it was found. */
  readonly notificationIds: readonly string[];
  /** Calls of the hook. */
  readonly attempts: number;
  readonly error: NotifyError;
}

/** What a turn works with, and whom it tells. */
export interface TurnContext {
  readonly dueWork: DueWork;
  readonly rules: readonly ResolvedRule[];
  readonly check: Pick<DueCheck, 'check'>;
  readonly logger: Logger;
  readonly unescalated: (unescalated: Unescalated) => void;
}

/** A lease outlives the call of a hook by this: so long may all that comes before and after it take. */
export const besideHookMs = 30_000;

/** Looks at work until it is given up: they take over an hour, since their pauses double. */
const maxLooks = 12;
const firstLookMs = 1_000;
/** Work is passed on to nodes that know its rule for an hour. */
const passMs = 5_000;
const maxPasses = 720;
const longestRetryMs = 300_000;
const sayAgainMs = 500;

/** What one node does with work while it has the lease. */
export class EscalationTurn {
  readonly #context: TurnContext;
  readonly #leased: LeasedWork;
  readonly #leaseEnds: number;
  readonly #closing: AbortSignal;

  /**
   * @param leaseEnds - by `performance.now()`
   * @param closing - aborts when the node is closed
   */
  constructor(
    context: TurnContext,
    leased: LeasedWork,
    { leaseEnds, closing }: { readonly leaseEnds: number; readonly closing: AbortSignal },
  ) {
    this.#context = context;
    this.#leased = leased;
    this.#leaseEnds = leaseEnds;
    this.#closing = closing;
  }

  /** Undefined where this node has none for it. */
  get rule(): ResolvedRule | undefined {
    const name = this.#work()?.rule;
    return this.#context.rules.find((rule) => rule.name === name);
  }

  /** Resolves when it was said what became of it, or that could not be said. Never rejects. */
  async run(): Promise<void> {
    const work = this.#work();
    const { rule } = this;
    if (work === undefined || rule === undefined) return this.#leaveToOthers(work);
    if (work.calls >= rule.maxAttempts) {
      return this.#giveUp(work, [], failure('the nodes that called it died'));
    }
    try {
      const found = await this.#context.check.check(rule, work, this.#closing);
      if (found.verdict === 'drop') await this.#finish();
      else if (found.verdict === 'missing') await this.#lookAgain(work);
      else {
        const looked = { ...work, looks: 0, windows: found.windows };
        if (found.verdict === 'wait') await this.#postpone(found.ms, looked);
        else await this.#call(rule, { ...looked, isThrough: true }, found.notifications);
      }
    } catch (cause) {
      await this.#lookAgain(work, failure('it could not be found out whether to call', cause));
    }
  }

  /** Gives it back unseen: whoever asks after so long has it. */
  async giveBack(afterMs: number): Promise<void> {
    await this.#postpone(afterMs, this.#work());
  }

  /** As it is kept from now on. A lease that ended without a word may have been a call. */
  #work(): EscalationWork | undefined {
    const { workJson, attempt } = this.#leased;
    const kept = parseWork(workJson);
    if (kept === undefined) return undefined;
    return { ...kept, calls: kept.calls + attempt - 1 - kept.leases, leases: attempt };
  }

  async #call(
    rule: ResolvedRule,
    work: EscalationWork,
    notifications: EscalationCall['notifications'],
  ): Promise<void> {
    const { timeoutMs, maxAttempts, retryMs } = rule;
    // The checks took too long for a call under this lease.
    if (performance.now() + timeoutMs > this.#leaseEnds) return this.#postpone(0, work);
    const { key, mayRepeat } = this.#leased;
    const { userId, isUnsure } = work;
    const attempt = work.calls + 1;
    const call = { key, userId, notifications, attempt, mayRepeat: mayRepeat || isUnsure };
    const ended = await callHook(rule.to, call, { timeoutMs, closing: this.#closing });
    if (ended.end === 'cut off') return;
    if (ended.end === 'done') return this.#finish();
    const { cause } = ended;
    const failed = { ...work, calls: attempt, isUnsure: isUnsure || ended.isUnsure };
    if (attempt >= maxAttempts) {
      const ids = notifications.map(({ id }) => id);
      return this.#giveUp(failed, ids, failure('the hook failed', cause));
    }
    this.#context.logger.warn(
      { err: cause, key, attempt },
      'an escalation failed; it is tried again',
    );
    const fullMs = Math.min(longestRetryMs, retryMs * 2 ** (attempt - 1));
    await this.#postpone(fullMs * (0.5 + Math.random() / 2), failed);
  }

  /** A notification that is about to be stored, or what does not answer, may be there later. */
  async #lookAgain(work: EscalationWork, error?: NotifyError): Promise<void> {
    if (this.#closing.aborted) return;
    const { key } = this.#leased;
    const looks = work.looks + 1;
    if (looks <= maxLooks) {
      if (error !== undefined) {
        this.#context.logger.warn({ err: error, key }, 'an escalation could not be looked at');
      }
      return this.#postpone(firstLookMs * 2 ** work.looks, { ...work, looks });
    }
    if (error !== undefined) return this.#giveUp(work, [], error);
    this.#context.logger.debug({ key }, 'what was to be escalated was not stored, or not kept');
    await this.#cancel();
  }

  /** It is of a rule that only other nodes have, older or newer ones; or of no rule any more. */
  async #leaveToOthers(work: EscalationWork | undefined): Promise<void> {
    const { key, attempt } = this.#leased;
    this.#context.logger.warn({ key }, 'an escalation is of no rule that this node has');
    if (attempt > maxPasses) await this.#cancel();
    else await this.#postpone(passMs, work);
  }

  async #giveUp(
    { rule, userId, calls }: EscalationWork,
    notificationIds: readonly string[],
    error: NotifyError,
  ): Promise<void> {
    const { key } = this.#leased;
    this.#context.logger.error({ err: error, key, attempts: calls }, 'a user could not be told');
    await this.#finish();
    this.#context.unescalated({ key, rule, userId, notificationIds, attempts: calls, error });
  }

  #finish(): Promise<void> {
    return this.#say(() => this.#context.dueWork.finish(this.#leased));
  }

  #postpone(afterMs: number, work?: EscalationWork): Promise<void> {
    const workJson = work && JSON.stringify(work);
    return this.#say(() => this.#context.dueWork.postpone(this.#leased, afterMs, workJson));
  }

  #cancel(): Promise<void> {
    return this.#say(async () => {
      await this.#context.dueWork.cancel([this.#leased.key]);
      return true;
    });
  }

  /** Says it until the store has heard it or the lease has ended: then another node has it, as possibly repeated. */
  async #say(say: () => Promise<boolean>): Promise<void> {
    const { logger } = this.#context;
    const { key } = this.#leased;
    for (;;) {
      try {
        if (!(await say())) logger.debug({ key }, 'the lease of an escalation was lost');
        return;
      } catch (error) {
        const isOver = this.#closing.aborted || performance.now() + sayAgainMs > this.#leaseEnds;
        if (isOver) {
          logger.debug({ err: error, key }, 'what became of an escalation could not be said');
          return;
        }
      }
      await pause(sayAgainMs, this.#closing);
    }
  }
}

function failure(message: string, cause?: unknown): NotifyError {
  return new NotifyError('ESCALATION_FAILED', message, cause === undefined ? {} : { cause });
}
