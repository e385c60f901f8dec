import type { Broker, BrokerState } from '../ports/broker.js';
import type { Directory } from '../ports/directory.js';
import type { Store } from '../ports/store.js';
import { withinMs } from '../time/within-ms.js';
import type { WriteBack } from '../write-back/write-back.js';
import type { Stage } from './life-cycle.js';
import type { StoreBreaker } from './store-breaker.js';
import type { StoreQueue } from './store-queue.js';

/**
 * `starting`, `draining` and `deaf` mean: send no traffic here. `degraded` means: this node serves, with
 * the limits that `reasons` name; taking it out of the balancer would not help. `deaf` is degraded for
 * longer than `deafAfterMs`, where the host has set it: the broker's link is down, and has been so long.
 */
export interface Health {
  readonly status: 'starting' | 'ok' | 'degraded' | 'deaf' | 'draining';
  readonly reasons: readonly string[];
}

/** Less than the second that orchestrators wait for an answer by default. */
const probeTimeoutMs = 800;

/** What is looked at. */
export interface ProbedParts {
  readonly broker: Broker;
  readonly directory?: Directory | undefined;
  readonly store: Store;
  readonly breaker: StoreBreaker;
  readonly storeQueue: StoreQueue;
  readonly writeBack?: WriteBack | undefined;
}

/** Whether a node can serve: where it stands in its life, and what a round trip says. */
export class HealthWatch {
  readonly #parts: ProbedParts;
  readonly #probedChannel: string;
  readonly #deafAfterMs: number;
  #link: BrokerState['state'] = 'up';
  #linkChangedAt = 0;

  constructor(
    parts: ProbedParts,
    probedChannel: string,
    deafAfterMs: number | undefined = Number.POSITIVE_INFINITY,
  ) {
    this.#parts = parts;
    this.#probedChannel = probedChannel;
    this.#deafAfterMs = deafAfterMs;
  }

  /** Takes what the broker reports of its link; returns whether that is a change. */
  linkIs(state: BrokerState['state']): boolean {
    if (state === this.#link) return false;
    this.#link = state;
    this.#linkChangedAt = performance.now();
    return true;
  }

  async look(stage: Stage): Promise<Health> {
    if (stage === 'created') return { status: 'starting', reasons: ['not started'] };
    if (stage !== 'started') return { status: 'draining', reasons: ['this node is going away'] };
    const reasons = await probeParts(this.#parts, this.#probedChannel);
    if (reasons.length === 0) return { status: 'ok', reasons };
    return { status: this.#isDeaf() ? 'deaf' : 'degraded', reasons };
  }

  #isDeaf(): boolean {
    return this.#link === 'down' && performance.now() - this.#linkChangedAt >= this.#deafAfterMs;
  }
}

/** Makes a round trip through broker, directory and store, and says what did not come back, and what waits for it. */
export async function probeParts(
  { broker, directory, store, breaker, storeQueue, writeBack }: ProbedParts,
  channel: string,
): Promise<readonly string[]> {
  const [ofBroker, ofDirectory, ofStore] = await Promise.all([
    failureOf('broker', broker.probe()),
    // Any user's entry is a round trip.
    failureOf('directory', directory?.where([channel])),
    failureOf('store', store.positions([channel])),
  ]);
  // It may answer reads and take no appends.
  const down = breaker.isDown && ofStore.length === 0 ? [`store: ${breaker.failure?.message}`] : [];
  const { held } = storeQueue;
  const waiting = held > 0 ? [`store: ${held} notifications wait to be stored`] : [];
  const logged = writeBack?.reasons ?? [];
  return [...ofBroker, ...ofDirectory, ...ofStore, ...down, ...waiting, ...logged];
}

async function failureOf(part: string, probe?: Promise<unknown>): Promise<readonly string[]> {
  if (probe === undefined) return [];
  try {
    await withinMs(probe, probeTimeoutMs, () => new Error('no answer'));
    return [];
  } catch (error) {
    return [`${part}: ${error instanceof Error ? error.message : 'failed'}`];
  }
}
