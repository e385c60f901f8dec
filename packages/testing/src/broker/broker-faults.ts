import type { MsRange } from '../random/seeded-random.js';

/** How a partition shows. */
export interface PartitionOptions {
  /**
   * After how many milliseconds the node finds out that its link is dead, as by a probe. Default 0: at
   * once. With `Infinity` it never does, and what is lost is found by the position check only.
   */
  readonly noticedAfterMs?: number;
}

/** How what carries envelopes between the nodes is hurt. All of it lasts until `heal`. */
export interface BrokerFaults {
  /** @param share - of the envelopes that each node should receive, 0 to 1, that are lost without a word */
  drop(share: number): void;
  /** @param share - of the envelopes that each node should receive, 0 to 1, that come twice */
  duplicate(share: number): void;
  /** @param share - of the envelopes that each node should receive, 0 to 1, that are overtaken by later ones */
  reorder(share: number): void;
  /** Each envelope takes so long, in milliseconds, or a random time of a range. */
  delay(ms: number | MsRange): void;
  /** Takes one node's link away: nothing of what it publishes or should receive passes. */
  partition(node: number, options?: PartitionOptions): void;
  /** Takes all links away; every node is told. */
  down(): void;
  /** Ends `down` and every partition: nodes that knew of it are subscribed again and compare with the store. */
  up(): void;
  /** Ends everything above. */
  heal(): void;
}
