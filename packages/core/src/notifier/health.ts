import type { Broker } from '../ports/broker.js';
import type { Store } from '../ports/store.js';
import { withinMs } from '../time/within-ms.js';

/**
 * `starting` and `draining` mean: send no traffic here. `degraded` means: this node serves, with the
 * limits that `reasons` name; taking it out of the balancer would not help.
 */
export interface Health {
  readonly status: 'starting' | 'ok' | 'degraded' | 'draining';
  readonly reasons: readonly string[];
}

/** Less than the second that orchestrators wait for an answer by default. */
const probeTimeoutMs = 800;

/** Makes a round trip through broker and store, and says what did not come back. */
export async function probeParts(
  broker: Broker,
  store: Store,
  channel: string,
): Promise<readonly string[]> {
  const parts = await Promise.all([
    failureOf('broker', broker.probe()),
    failureOf('store', store.positions([channel])),
  ]);
  return parts.flat();
}

async function failureOf(part: string, probe: Promise<unknown>): Promise<readonly string[]> {
  try {
    await withinMs(probe, probeTimeoutMs, () => new Error('no answer'));
    return [];
  } catch (error) {
    return [`${part}: ${error instanceof Error ? error.message : 'failed'}`];
  }
}
