import type { HostPort } from './redis-source.js';
import { slotCount } from './slot-of.js';

/** Which master owns which slot, as one node of the Cluster sees it. */
export class ClusterView {
  /** Counts the changes that the Cluster agreed on: a greater one is a newer look. */
  readonly epoch: number;
  readonly masters: readonly HostPort[];
  /** By slot the place in `masters`; -1: nobody. */
  readonly #owners: Int32Array;

  /**
   * @param slots - the answer to CLUSTER SLOTS
   * @param info - that to CLUSTER INFO
   * @param asked - the node that answered
   * @throws Error where it is not such an answer
   */
  constructor(slots: unknown, info: unknown, asked: HostPort) {
    if (!Array.isArray(slots)) throw new Error('no answer to CLUSTER SLOTS');
    const places = new Map<string, number>();
    const masters: HostPort[] = [];
    this.#owners = new Int32Array(slotCount).fill(-1);
    for (const range of slots) {
      const [first, last, [host, port]] = rangeOf(range);
      // A node that does not know its own name leaves it out.
      const master = { host: host || asked.host, port };
      const place = places.get(nameOf(master)) ?? masters.push(master) - 1;
      places.set(nameOf(master), place);
      this.#owners.fill(place, first, last + 1);
    }
    this.masters = masters;
    this.epoch = Number(/cluster_current_epoch:(\d+)/.exec(String(info))?.[1] ?? 0);
  }

  /** Whether every slot has an owner. */
  get isWhole(): boolean {
    return !this.#owners.includes(-1);
  }

  ownerOf(slot: number): HostPort | undefined {
    return this.masters[this.#owners[slot] ?? -1];
  }

  /** Whether every slot has the same owner in both. */
  sameAs(other: ClusterView): boolean {
    const names = (view: ClusterView) => view.masters.map(nameOf);
    const [own, others] = [names(this), names(other)];
    return this.#owners.every((place, slot) => own[place] === others[other.#owners[slot] ?? -1]);
  }
}

/** How a node is called in maps and log lines. */
export function nameOf({ host, port }: HostPort): string {
  return `${host}:${port}`;
}

function rangeOf(range: unknown): [number, number, [string | null, number]] {
  const [first, last, node]: unknown[] = Array.isArray(range) ? range : [];
  const [host, port]: unknown[] = Array.isArray(node) ? node : [];
  const isHost = host === null || typeof host === 'string';
  if (typeof first === 'number' && typeof last === 'number' && isHost && typeof port === 'number') {
    return [first, last, [host, port]];
  }
  throw new Error('an unreadable answer to CLUSTER SLOTS');
}
