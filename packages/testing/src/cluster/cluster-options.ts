import type { Catalogue, CatalogueSchemas, NotifierOptions } from '@realtime-notify/core';
import { z } from 'zod';

/** What {@link testCluster} takes. Unknown names are errors. */
export interface TestClusterOptions<Schemas extends CatalogueSchemas> {
  /** The notification types; made by `defineCatalogue`. */
  readonly catalogue: Catalogue<Schemas>;
  /** How many nodes, 1 to 100. Default 2. */
  readonly nodes?: number | undefined;
  /**
   * Decides all that is left to chance. With the virtual clock the same seed gives the same run, but for
   * ids and epochs. An integer; default: a random one, which `cluster.seed` tells.
   */
  readonly seed?: number | undefined;
  /**
   * `virtual`: time passes only by `advance` and `settled`, for the whole process: `setTimeout`,
   * `setInterval`, `Date`, `performance.now`; `Math.random` comes from the seed. `close` gives the
   * process's own back. `real`: none of that. Default `virtual`.
   */
  readonly clock?: 'virtual' | 'real' | undefined;
  /** Further options of every node's notifier. */
  readonly notifier?:
    | Omit<NotifierOptions<Schemas>, 'catalogue' | 'store' | 'broker' | 'nodeId'>
    | undefined;
}

/** The options that are plain values, with their defaults. */
export const clusterOptionsSchema = z.strictObject({
  nodes: z.int().min(1).max(100).default(2),
  seed: z.int().default(() => Math.floor(Math.random() * 2 ** 31)),
  clock: z.enum(['virtual', 'real']).default('virtual'),
});
