import type { LimitCounters } from './counters.js';
import { networkOf } from './network-of.js';
import { TokenBucket } from './token-bucket.js';

/** A place that a stream has; the streams of one address share it, so that it takes no room of its own. */
export interface Place {
  readonly network: string;
}

/** The bounds of {@link Connections}. */
export interface ConnectionBounds {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxConnectsPerSecond: number;
  readonly maxConnectsPerSecondPerIp: number;
}

/** Seconds whose connects may come at once. */
const burstSeconds = 5;
/** Addresses whose rate is remembered; beyond, those that came first are forgotten. */
const rememberedAddresses = 10_000;

/**
 * The places for streams on this node, shared by all its transports. A place is taken before anything is
 * asked about the client, so that a flood costs little, and given back when its connection has ended.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  readonly #counters: LimitCounters;
  readonly #rate: TokenBucket;
  readonly #rates = new Map<string, TokenBucket>();
  readonly #byNetwork = new Map<string, Place & { count: number }>();
  #count = 0;

  constructor(bounds: ConnectionBounds, counters: LimitCounters) {
    this.#bounds = bounds;
    this.#counters = counters;
    const perSecond = bounds.maxConnectsPerSecond;
    this.#rate = new TokenBucket(perSecond, perSecond * burstSeconds, performance.now());
  }

  /** Places that are taken. */
  get size(): number {
    return this.#count;
  }

  /**
   * Takes a place for a client of that address.
   * @returns what must be handed to {@link leave} once, when the connection has ended
   * @throws NotifyError `OVERLOADED` or `LIMIT_EXCEEDED`
   */
  enter(address: string): Place {
    const network = networkOf(address);
    const now = performance.now();
    const { maxConnections, maxConnectionsPerIp } = this.#bounds;
    const own = this.#rateOf(network, now);
    if (!own.take(now)) throw this.#tooFast('connectRatePerIp', own);
    if (!this.#rate.take(now)) throw this.#tooFast('connectRate', this.#rate);
    if (this.#count >= maxConnections) {
      throw this.#counters.exceeded('connectionsPerNode', 'this node takes no more streams', {
        code: 'OVERLOADED',
        returnMs: soon(),
      });
    }
    const place = this.#byNetwork.get(network) ?? { network, count: 0 };
    if (place.count >= maxConnectionsPerIp) {
      throw this.#counters.exceeded(
        'connectionsPerIp',
        `at most ${maxConnectionsPerIp} streams may come from one address`,
        { returnMs: soon() },
      );
    }
    this.#count += 1;
    place.count += 1;
    this.#byNetwork.set(network, place);
    return place;
  }

  /** Gives a place back. */
  leave({ network }: Place): void {
    const place = this.#byNetwork.get(network);
    if (place === undefined) return;
    this.#count -= 1;
    place.count -= 1;
    if (place.count === 0) this.#byNetwork.delete(network);
  }

  #rateOf(network: string, now: number): TokenBucket {
    let rate = this.#rates.get(network);
    if (rate === undefined) {
      const perSecond = this.#bounds.maxConnectsPerSecondPerIp;
      rate = new TokenBucket(perSecond, perSecond * burstSeconds, now);
      if (this.#rates.size >= rememberedAddresses) {
        const [first = ''] = this.#rates.keys();
        this.#rates.delete(first);
      }
      this.#rates.set(network, rate);
    }
    return rate;
  }

  #tooFast(name: 'connectRate' | 'connectRatePerIp', rate: TokenBucket) {
    return this.#counters.exceeded(name, 'too many streams are opened at once', {
      code: 'OVERLOADED',
      returnMs: rate.waitMs() + soon(),
    });
  }
}

/** Spread, so that those who were turned away do not come back together. */
function soon(): number {
  return 1_000 + Math.random() * 4_000;
}
