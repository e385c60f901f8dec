import type { Emitter } from '../emitters/emitter.js';
import { Rota } from '../emitters/rota.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Notifier } from '../notifier/notifier.js';
import type { Logger } from '../ports/logger.js';
import type { Access } from './access.js';

/** The part of the notifier that a renewal goes through. */
type Renewing = Pick<Notifier, 'renew' | 'channelNames' | 'closed'>;

/**
 * Asks the host at intervals whether the clients of a transport may stay; streams of those that may not
 * are closed.
 */
export class Revalidation {
  readonly #access: Access;
  readonly #notifier: Renewing;
  readonly #logger: Logger;
  readonly #rota: Rota<Emitter>;
  readonly #asking = new Set<Emitter>();

  /** @param periodMs - time between two questions about one stream */
  constructor(access: Access, notifier: Renewing, periodMs: number, logger: Logger) {
    this.#access = access;
    this.#notifier = notifier;
    this.#logger = logger;
    this.#rota = new Rota(periodMs, (emitter) => void this.#ask(emitter));
    void notifier.closed.then(() => this.#rota.close());
  }

  /** Looks after a stream until it has ended; does nothing without a hook. */
  watch(emitter: Emitter): void {
    if (this.#access.revalidates) this.#rota.add(emitter);
  }

  async #ask(emitter: Emitter): Promise<void> {
    if (emitter.closed) {
      this.#rota.remove(emitter);
      return;
    }
    if (this.#asking.has(emitter)) return;
    this.#asking.add(emitter);
    try {
      const groups = this.#notifier.channelNames.groupsOf(emitter.channels);
      const principal = await this.#access.revalidate(emitter.principal, groups);
      if (principal === null) emitter.close({ code: 'REVOKED', returnMs: null });
      else if (principal !== emitter.principal) this.#notifier.renew(emitter, principal);
    } catch (error) {
      const code = NotifyError.is(error) ? error.code : undefined;
      if (code === 'FORBIDDEN') emitter.close({ code: 'FORBIDDEN', returnMs: null });
      else if (code === 'UNAUTHENTICATED') emitter.close({ code: 'REVOKED', returnMs: null });
      else this.#logger.warn({ err: error }, 'a client could not be revalidated now');
    } finally {
      this.#asking.delete(emitter);
    }
  }
}
