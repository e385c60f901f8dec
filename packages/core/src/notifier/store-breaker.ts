import { NotifyError } from '../errors/notify-error.js';
import type { Logger } from '../ports/logger.js';
import type { AppendOutcome, Draft, Store } from '../ports/store.js';
import { withinMs } from '../time/within-ms.js';
import type { Appender } from './append-audience.js';

/** `up`: appends are taken. `down`: they are not, and `error` says why. */
export type StoreState =
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly error: NotifyError };

/** What a {@link StoreBreaker} works with. */
export interface BreakerContext {
  readonly appender: Appender;
  /** Asked whether it is back. */
  readonly store: Pick<Store, 'positions'>;
  readonly logger: Logger;
  /** The channel whose position is asked for to find out whether the store is back. */
  readonly probedChannel: string;
  /** Called once per change of the state. */
  readonly told: (state: StoreState) => void;
}

interface Outage {
  error: NotifyError;
  /** It has outlived a probe, and the host was told. */
  isTold: boolean;
  /** One append may find out whether the store takes appends again. */
  trial: 'none' | 'allowed' | 'under way';
  probes: number;
  timer: NodeJS.Timeout | undefined;
}

/** How long the store may take to say where a channel stands. */
const probeMs = 1_000;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/**
 * The one way to append, for all publishers of this node. When the store fails as a whole, appends are
 * refused at once, with the last error, instead of each waiting for a time-out of its own; one probe,
 * with growing pauses, finds out when it is back.
 *
 * A probe only reads. Where an append fails again after reads had succeeded (a disk that is full, a
 * replica), reads are not believed any more: then one append at a time is let through as a trial.
 */
export class StoreBreaker {
  readonly #context: BreakerContext;
  #outage: Outage | undefined;
  /** How often the store answered, whatever it said. */
  #answered = 0;
  #believesReads = true;
  #turned: () => void = () => {};
  #closed = false;

  constructor(context: BreakerContext) {
    this.#context = context;
  }

  /** Why appends are refused; undefined while they are not. */
  get failure(): NotifyError | undefined {
    return this.#outage?.error;
  }

  /** Whether the store counts as down: it failed, and did not answer the probe after it. */
  get isDown(): boolean {
    return this.#outage?.isTold === true;
  }

  /** Whether an append would be handed to the store now. */
  get admits(): boolean {
    return this.#outage === undefined || this.#outage.trial === 'allowed';
  }

  /** Has `turned` called whenever what this says of the store may have changed. */
  watch(turned: () => void): void {
    this.#turned = turned;
  }

  /**
   * As the store's, with an outcome for each draft also where the store failed or is down. Rejects only
   * where it is closed or not started.
   */
  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outage = this.#outage;
    if (outage !== undefined) {
      if (outage.trial !== 'allowed') return failed(drafts, refusal(outage.error));
      outage.trial = 'under way';
    }
    const answeredBefore = this.#answered;
    const outcomes = await this.#append(drafts);
    const failure = failureOf(outcomes);
    if (failure === undefined) this.#hasAnswered();
    else this.#hasFailed(failure, answeredBefore, outage);
    return outcomes;
  }

  async #append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    try {
      return await this.#context.appender.append(drafts);
    } catch (cause) {
      if (!NotifyError.is(cause)) {
        const what = 'the store failed unexpectedly';
        return failed(drafts, new NotifyError('STORE_UNAVAILABLE', what, { cause }));
      }
      if (cause.code === 'STORE_UNAVAILABLE') return failed(drafts, cause);
      throw cause;
    }
  }

  /** Asks no more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#outage?.timer);
  }

  #hasAnswered(): void {
    this.#answered += 1;
    this.#believesReads = true;
    this.#end();
  }

  /** @param tried - the outage whose trial it was */
  #hasFailed(error: NotifyError, answeredBefore: number, tried: Outage | undefined): void {
    // What others were answered meanwhile shows that it is not the store as a whole.
    if (this.#closed || answeredBefore !== this.#answered) return;
    if (this.#outage === undefined) {
      this.#outage = { error, isTold: false, trial: 'none', probes: 0, timer: undefined };
      if (this.#believesReads) void this.#probe(this.#outage);
      else this.#goOn(this.#outage, error);
      this.#turned();
    } else if (this.#outage === tried) {
      tried.trial = 'none';
      this.#goOn(tried, error);
    }
  }

  async #probe(outage: Outage): Promise<void> {
    const { store, probedChannel } = this.#context;
    try {
      await withinMs(store.positions([probedChannel]), probeMs, noAnswer);
    } catch (cause) {
      this.#goOn(outage, NotifyError.is(cause) ? cause : outage.error);
      return;
    }
    if (this.#outage !== outage) return;
    if (this.#believesReads) {
      // Appends that began before say nothing any more.
      this.#answered += 1;
      this.#believesReads = false;
      this.#end();
    } else {
      outage.trial = 'allowed';
      this.#turned();
    }
  }

  /** The outage lasts: it is told, and the store is asked again after a pause. */
  #goOn(outage: Outage, error: NotifyError): void {
    if (this.#closed || this.#outage !== outage) return;
    outage.error = error;
    const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(outage.probes, 20));
    outage.probes += 1;
    outage.timer = setTimeout(() => void this.#probe(outage), full * (0.5 + Math.random() / 2));
    if (outage.isTold) return;
    outage.isTold = true;
    this.#context.logger.warn({ err: error }, 'the store is down: nothing can be stored');
    this.#context.told({ state: 'down', error });
    this.#turned();
  }

  #end(): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    clearTimeout(outage.timer);
    this.#outage = undefined;
    if (outage.isTold) {
      this.#context.logger.info({}, 'the store is up again');
      this.#context.told({ state: 'up' });
    }
    this.#turned();
  }
}

/** What all drafts failed with; undefined where the store had an answer to one of them. */
function failureOf(outcomes: readonly AppendOutcome[]): NotifyError | undefined {
  let failure: NotifyError | undefined;
  for (const outcome of outcomes) {
    if (outcome.status !== 'failed' || outcome.error.code !== 'STORE_UNAVAILABLE') return undefined;
    failure = outcome.error;
  }
  return failure;
}

function failed(drafts: readonly Draft[], error: NotifyError): readonly AppendOutcome[] {
  return drafts.map(() => ({ status: 'failed', error }));
}

function refusal(cause: NotifyError): NotifyError {
  const message = `the store is down: ${cause.message}`;
  return new NotifyError('STORE_UNAVAILABLE', message, { cause, returnMs: longestPauseMs });
}

function noAnswer(): NotifyError {
  return new NotifyError('STORE_UNAVAILABLE', `the store gave no answer within ${probeMs} ms`);
}
