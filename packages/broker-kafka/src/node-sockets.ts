import type { Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** The sockets of one consumer of kafkajs, which itself says nothing when a link ends. */
export class NodeSockets {
  readonly create: ISocketFactory;
  readonly #open = new Set<Socket>();
  #destroyed = false;

  constructor(factory: ISocketFactory, onCut: () => void) {
    this.create = (target) => {
      if (this.#destroyed) throw new Error('the consumer is closed');
      const socket = factory(target);
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        if (!this.#destroyed) onCut();
      });
      return socket;
    };
  }

  /** Ends all, and lets no others be made. */
  destroy(): void {
    this.#destroyed = true;
    // With an error, because kafkajs learns of the end of a connection being made only that way.
    for (const socket of this.#open) socket.destroy(new Error('the connection was closed by us'));
  }
}
