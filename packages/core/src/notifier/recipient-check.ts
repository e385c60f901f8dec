import { NotifyError } from '../errors/notify-error.js';

/**
 * Tells which of these users do not exist; each is asked for once per call. Rejecting, and an answer that
 * is no list of them, count as temporary.
 */
export type UnknownRecipients = (
  userIds: readonly string[],
) => Promise<readonly string[]> | readonly string[];

/** Users that the message of a refusal names at most. */
const maxNamed = 3;

/** Asks the host whether the users that a notification addresses by name exist. */
export class RecipientCheck {
  readonly #unknownRecipients: UnknownRecipients;
  readonly #waitMs: number;
  readonly #cancels = new Set<() => void>();

  /** @param waitMs - how long an answer is waited for */
  constructor(unknownRecipients: UnknownRecipients, waitMs: number) {
    this.#unknownRecipients = unknownRecipients;
    this.#waitMs = waitMs;
  }

  /**
   * Rejects with `RECIPIENT_UNKNOWN` where a user does not exist, with `RECIPIENTS_UNCHECKED` where the
   * host could not tell in time, and with `CLOSED` after {@link close}.
   */
  async assertKnown(userIds: readonly string[]): Promise<void> {
    const answer = await this.#ask(userIds);
    if (!Array.isArray(answer)) {
      throw unchecked('the `unknownRecipients` hook did not answer with a list');
    }
    const named: ReadonlySet<unknown> = new Set(answer);
    const unknown = userIds.filter((userId) => named.has(userId));
    if (unknown.length === 0) return;
    const some = unknown.slice(0, maxNamed).map((userId) => JSON.stringify(userId));
    const more = unknown.length > maxNamed ? ' ...' : '';
    throw new NotifyError(
      'RECIPIENT_UNKNOWN',
      `${unknown.length} of ${userIds.length} users do not exist: ${some.join(', ')}${more}`,
    );
  }

  /** Lets nobody wait any longer. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #ask(userIds: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        clearTimeout(timer);
        this.#cancels.delete(cancel);
      };
      const giveUp = (error: NotifyError): void => {
        ended();
        reject(error);
      };
      const cancel = (): void => giveUp(new NotifyError('CLOSED', 'this node is going away'));
      const timer = setTimeout(
        () => giveUp(unchecked(`the \`unknownRecipients\` hook took over ${this.#waitMs} ms`)),
        this.#waitMs,
      );
      this.#cancels.add(cancel);
      Promise.resolve(userIds)
        .then(this.#unknownRecipients)
        .then(resolve, (cause: unknown) => {
          reject(unchecked('the `unknownRecipients` hook failed', cause));
        })
        .finally(ended);
    });
  }
}

function unchecked(message: string, cause?: unknown): NotifyError {
  return new NotifyError('RECIPIENTS_UNCHECKED', message, cause === undefined ? {} : { cause });
}
