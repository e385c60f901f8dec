import { z } from 'zod';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { Appender } from '../notifier/append-audience.js';
import type { Store } from '../ports/store.js';
import { type Throttle, throttle } from '../preferences/throttle.js';

/** What {@link ThrottleSlots} work with. */
export interface ThrottleSlotsContext {
  readonly store: Pick<Store, 'states'>;
  readonly appender: Appender;
  readonly channelNames: ChannelNames;
}

/** When a user was told last, by medium. */
const stateSchema = z.record(z.string(), z.array(z.number()));

const maxAttempts = 20;

/**
 * Counts for all nodes how often a user is told: as the state of a channel of the user's that nobody follows, a few
 * times for each throttled medium.
 */
export class ThrottleSlots {
  readonly #context: ThrottleSlotsContext;
  readonly #ids = new UuidV7Source();

  constructor(context: ThrottleSlotsContext) {
    this.#context = context;
  }

  /**
   * Takes one; resolves with 0, or with how long to wait for one. Rejects with `STORE_UNAVAILABLE`, `HEAD_MOVED`
   * where too many take one at once, or `CLOSED`.
   */
  async take(userId: string, medium: string, limits: Throttle): Promise<number> {
    const { store, appender, channelNames } = this.#context;
    const channel = channelNames.escalation(userId);
    for (let attempt = 1; ; attempt += 1) {
      const [kept] = await store.states([channel]);
      if (kept === undefined) throw new NotifyError('STORE_UNAVAILABLE', 'the store gave no state');
      const state = new Map(Object.entries(parseState(kept.stateJson)));
      const now = Date.now();
      const asked = throttle(limits, state.get(medium) ?? [], now);
      if (!asked.isAllowed) return asked.waitMs;
      state.set(medium, [...asked.times]);
      const stateJson = JSON.stringify(Object.fromEntries(state));
      const change = { from: kept.position, stateJson };
      const id = this.#ids.next(now);
      const draft = { channel, id, type: 'escalation', time: now, dataJson: 'null', change };
      const [outcome] = await appender.append([draft]);
      if (outcome?.status === 'appended') return 0;
      const error = outcome?.status === 'failed' ? outcome.error : undefined;
      if (error?.code !== 'HEAD_MOVED' || attempt === maxAttempts) {
        throw error ?? new NotifyError('STORE_UNAVAILABLE', 'no outcome came');
      }
    }
  }
}

/** Nothing where it is not ours: a throttle is no reason to tell a user nothing any more. */
function parseState(stateJson: string | null): z.output<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(stateJson ?? '{}'));
  } catch {
    return {};
  }
}
