import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import type { EscalationScheduler } from '../escalation/escalation-scheduler.js';
import type { NotifyPending, NotifyRequest } from '../notifier/notify-request.js';
import type { Publisher } from '../notifier/publisher.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { Outbox } from '../ports/outbox.js';
import { nextTurn } from '../time/next-turn.js';

/** What an {@link OutboxWriter} works with. */
export interface OutboxWriterContext {
  readonly publisher: Pick<Publisher, 'prepare' | 'check'>;
  /** Undefined where the store has none. */
  readonly outbox: Outbox | undefined;
  /** Schedules what is to be done about drafts that are not looked at; undefined where nothing is. */
  readonly escalation?: Pick<EscalationScheduler, 'schedule'> | undefined;
  /** Something will probably be committed soon. */
  readonly wrote: () => void;
}

/** Drafts written by one call of the store. */
const chunk = 500;

/** What it must be the store knows. */
const session = z.custom<unknown>((value) => value != null, 'must be that of your transaction');
const optionsSchema = z.strictObject({ session });

/** Writes notifications into transactions of the host's. */
export class OutboxWriter {
  readonly #context: OutboxWriterContext;

  constructor(context: OutboxWriterContext) {
    this.#context = context;
  }

  /**
   * Rejects as {@link Publisher.prepare} throws and as {@link Publisher.check}, with `OPTIONS_INVALID`,
   * `TRANSACTIONS_UNSUPPORTED`, or as the store's `put` and `schedule`.
   */
  async write(request: NotifyRequest, options: unknown): Promise<NotifyPending> {
    const { session: transaction } = resolveOptions(optionsSchema, options, 'notify');
    const { publisher, outbox, escalation, wrote } = this.#context;
    if (request.durable === false) {
      throw new NotifyError('OPTIONS_INVALID', 'what is not durable joins no transaction');
    }
    if (outbox === undefined) {
      throw new NotifyError('TRANSACTIONS_UNSUPPORTED', 'the store has no outbox');
    }
    const prepared = publisher.prepare(request);
    const checking = publisher.check(prepared);
    if (checking !== undefined) await checking;
    const { channels, content } = prepared;
    for (let start = 0; start < channels.length; start += chunk) {
      if (start > 0) await nextTurn();
      const some = channels.slice(start, start + chunk);
      const drafts = some.map((channel) => ({ ...content, channel }));
      // Before, as with all appends; where the transaction is rolled back it comes to nothing.
      await escalation?.schedule(drafts);
      await outbox.put(transaction, drafts);
    }
    wrote();
    return { id: content.id, time: content.time, status: 'pending', channels };
  }
}
