import type { Envelope } from '../notification/notification.js';
import type { BrokerSink } from '../ports/broker.js';

/** A node's place on a bus: what it wants, and where it goes. */
export interface BusNode {
  readonly sink: BrokerSink;
  readonly channels: ReadonlySet<string>;
}

/** Joins memory brokers of one process as if they were nodes; for tests and embedded set-ups. */
export class MemoryBus {
  readonly #nodes = new Set<BusNode>();

  join(node: BusNode): void {
    this.#nodes.add(node);
  }

  leave(node: BusNode): void {
    this.#nodes.delete(node);
  }

  /** Hands the envelopes to the nodes other than `from` that want them, in order, before it returns. */
  carry(envelopes: readonly Envelope[], from: BusNode): void {
    for (const node of this.#nodes) {
      if (node === from) continue;
      const wanted = envelopes.filter(({ channel }) => node.channels.has(channel));
      if (wanted.length > 0) node.sink.receive(wanted);
    }
  }
}
