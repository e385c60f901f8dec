import { z } from 'zod';

/** What the measurement asks of one node of several. */
export type NodeCommand =
  /** Opens a stream for each of these users. */
  | { readonly do: 'attach'; readonly users: readonly string[] }
  /** Publishes to the users in turn, or to all where there are none. */
  | { readonly do: 'publish'; readonly count: number; readonly users: readonly string[] }
  | { readonly do: 'figures' };

/** Since the node began. */
export const nodeFigures = z.object({
  /** Envelopes that came over the broker, the node's own too, without those of the nodes' beacons. */
  received: z.number(),
  /** Envelopes of beacons. */
  beacons: z.number(),
  /** Notifications that were written to streams. */
  delivered: z.number(),
  /** Microseconds of CPU, user and system. */
  cpu: z.number(),
});

export type NodeFigures = z.infer<typeof nodeFigures>;

export const doneAnswer = z.literal('done');
