import type { Envelope } from '@realtime-notify/core';
import { type MsRange, msRange, type SeededRandom } from '../random/seeded-random.js';
import type { BrokerFaults, PartitionOptions } from './broker-faults.js';
import type { Link } from './link.js';

/** What becomes of envelopes on their way to one node. */
export interface Fate {
  /** They arrive together. */
  readonly envelopes: readonly Envelope[];
  readonly delayMs: number;
  /** False where later ones may overtake it. */
  readonly inTurn: boolean;
}

const atOnce: MsRange = { minMs: 0, maxMs: 0 };
/** How much later an envelope comes that others overtake. */
const overtaken: MsRange = { minMs: 1, maxMs: 60 };

/** The broker that all nodes of a cluster share. A node gets what it published itself, too. */
export class SharedBroker implements BrokerFaults {
  readonly #random: SeededRandom;
  readonly #links = new Set<Link>();
  #dropped = 0;
  #duplicated = 0;
  #reordered = 0;
  #delay = atOnce;
  #isDown = false;
  readonly #partitioned = new Map<number, number>();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  drop(share: number): void {
    this.#dropped = share;
  }

  duplicate(share: number): void {
    this.#duplicated = share;
  }

  reorder(share: number): void {
    this.#reordered = share;
  }

  delay(ms: number | MsRange): void {
    this.#delay = msRange(ms);
  }

  partition(node: number, { noticedAfterMs = 0 }: PartitionOptions = {}): void {
    this.#partitioned.set(node, noticedAfterMs);
    for (const link of this.#links) if (link.node === node) link.die(noticedAfterMs);
  }

  down(): void {
    this.#isDown = true;
    for (const link of this.#links) link.die(0);
  }

  up(): void {
    this.#isDown = false;
    this.#partitioned.clear();
    for (const link of this.#links) link.revive();
  }

  heal(): void {
    this.#dropped = 0;
    this.#duplicated = 0;
    this.#reordered = 0;
    this.#delay = atOnce;
    this.up();
  }

  join(link: Link): void {
    const noticedAfterMs = this.#isDown ? 0 : this.#partitioned.get(link.node);
    if (noticedAfterMs !== undefined) link.die(noticedAfterMs);
    this.#links.add(link);
  }

  leave(link: Link): void {
    this.#links.delete(link);
  }

  carry(envelopes: readonly Envelope[]): void {
    for (const link of this.#links) link.bring(envelopes);
  }

  /** Draws for each envelope on its way to one node; without faults all arrive together. */
  fatesOf(envelopes: readonly Envelope[]): readonly Fate[] {
    if (envelopes.length === 0) return [];
    const isCalm = this.#dropped + this.#duplicated + this.#reordered + this.#delay.maxMs === 0;
    if (isCalm) return [{ envelopes, delayMs: 0, inTurn: true }];
    return envelopes.flatMap((envelope) => this.#fatesOfOne(envelope));
  }

  #fatesOfOne(envelope: Envelope): readonly Fate[] {
    if (this.#random.happens(this.#dropped)) return [];
    const copies = this.#random.happens(this.#duplicated) ? 2 : 1;
    return Array.from({ length: copies }, () => {
      const late = this.#random.happens(this.#reordered);
      const delayMs =
        this.#random.within(this.#delay) + (late ? this.#random.within(overtaken) : 0);
      return { envelopes: [envelope], delayMs, inTurn: !late };
    });
  }
}
