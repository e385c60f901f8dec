import { z } from 'zod';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { Appender } from '../notifier/append-audience.js';
import type { Store } from '../ports/store.js';
import { ledgerSchema } from './digest-ledger.js';

/** What {@link UserStates} work with. */
export interface UserStatesContext {
  readonly store: Pick<Store, 'states'>;
  readonly appender: Appender;
  readonly channelNames: ChannelNames;
}

/** Loose: what a newer version added is handed on. */
const stateSchema = z.looseObject({
  /** When the user was told last, by medium. */
  told: z.record(z.string(), z.array(z.number()).readonly()).default({}),
  /** By rule. */
  digests: z.record(z.string(), ledgerSchema).default({}),
});

/** What all nodes must agree on before they call for a user. */
export type UserState = Readonly<z.output<typeof stateSchema>>;

/** What is from now on, the state as it was where nothing changes; and what came of it. */
export type Decision<Result> = readonly [UserState, Result];

const maxAttempts = 20;

/**
 * Keeps what all nodes must agree on, as the state of a channel of the user's that nobody follows. Rejects with
 * `STORE_UNAVAILABLE`, `HEAD_MOVED` where too many change it at once, or `CLOSED`.
 */
export class UserStates {
  readonly #context: UserStatesContext;
  readonly #ids = new UuidV7Source();

  constructor(context: UserStatesContext) {
    this.#context = context;
  }

  async read(userId: string): Promise<UserState> {
    return (await this.#kept(this.#context.channelNames.escalation(userId))).state;
  }

  /** @param decide - called again where another node was faster */
  async change<Result>(
    userId: string,
    decide: (state: UserState, now: number) => Decision<Result>,
  ): Promise<Result> {
    const { appender, channelNames } = this.#context;
    const channel = channelNames.escalation(userId);
    for (let attempt = 1; ; attempt += 1) {
      const { state, position } = await this.#kept(channel);
      const now = Date.now();
      const [next, result] = decide(state, now);
      if (next === state) return result;
      const change = { from: position, stateJson: JSON.stringify(next) };
      const id = this.#ids.next(now);
      const draft = { channel, id, type: 'escalation', time: now, dataJson: 'null', change };
      const [outcome] = await appender.append([draft]);
      if (outcome?.status === 'appended') return result;
      const error = outcome?.status === 'failed' ? outcome.error : undefined;
      if (error?.code !== 'HEAD_MOVED' || attempt === maxAttempts) {
        throw error ?? new NotifyError('STORE_UNAVAILABLE', 'no outcome came');
      }
    }
  }

  async #kept(channel: string) {
    const [kept] = await this.#context.store.states([channel]);
    if (kept === undefined) throw new NotifyError('STORE_UNAVAILABLE', 'the store gave no state');
    return { state: parseState(kept.stateJson), position: kept.position };
  }
}

/** Nothing where it is not ours: that is no reason to tell a user nothing any more. */
function parseState(stateJson: string | null): UserState {
  try {
    return stateSchema.parse(JSON.parse(stateJson ?? '{}'));
  } catch {
    return stateSchema.parse({});
  }
}
