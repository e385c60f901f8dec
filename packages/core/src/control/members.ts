import { z } from 'zod';

/** What a node says of itself: that it lives, and up to where it has read the control log. */
const beaconSchema = z.object({
  node: z.string().min(1).max(100),
  epoch: z.string(),
  offset: z.number(),
  periodMs: z.number().min(1),
  /** It has just come, and does not know the others yet. */
  hello: z.boolean().optional(),
  leaving: z.boolean().optional(),
});

export type Beacon = z.output<typeof beaconSchema>;

/** The beacon in a control entry; undefined where it is none. Pure. */
export function parseBeacon(json: string): Beacon | undefined {
  try {
    return beaconSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** A place in the control log. */
export interface ControlPosition {
  readonly epoch: string;
  readonly offset: number;
}

interface Member {
  readonly beacon: Beacon;
  readonly heardAt: number;
}

/** A node that was silent for so many of its periods is taken for gone. */
const silentPeriods = 3;

/** The other nodes, as far as their beacons tell. */
export class Members {
  readonly #members = new Map<string, Member>();

  /** @param now - a clock in milliseconds that never goes back */
  heard(beacon: Beacon, now: number): void {
    if (beacon.leaving === true) this.#members.delete(beacon.node);
    else this.#members.set(beacon.node, { beacon, heardAt: now });
  }

  /** Those that have not said yet that they have read up to there. Forgets who was silent for long. */
  behind({ epoch, offset }: ControlPosition, now: number): readonly string[] {
    const behind: string[] = [];
    for (const [node, { beacon, heardAt }] of this.#members) {
      if (now - heardAt > beacon.periodMs * silentPeriods) this.#members.delete(node);
      else if (beacon.epoch !== epoch || beacon.offset < offset) behind.push(node);
    }
    return behind;
  }

  /** Silence of the past is not held against anybody: nothing could be heard. */
  excuseAll(now: number): void {
    for (const [node, { beacon }] of this.#members) {
      this.#members.set(node, { beacon, heardAt: now });
    }
  }
}
