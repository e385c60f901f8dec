import { connect, type Socket } from 'node:net';
import type { KafkaConfig } from 'kafkajs';

/** A KafkaConfig whose requests are looked at on their way, and whose links can be frozen by topic. */
export class TappedLinks {
  readonly config: KafkaConfig;
  /** Which kinds of requests were sent, as the Kafka protocol numbers them. */
  readonly apiKeys = new Set<number>();
  readonly #topics = new Map<Socket, Set<string>>();
  readonly #names: readonly string[];
  #frozen: string | undefined;

  /** @param topics - the Kafka topics to look for */
  constructor(brokers: readonly string[], topics: readonly string[]) {
    this.#names = topics;
    this.config = {
      brokers: [...brokers],
      // Frozen links must not be taken for dead ones.
      requestTimeout: 120_000,
      socketFactory: ({ host, port, onConnect }) => this.#open(connect({ host, port }, onConnect)),
    };
  }

  /** Nothing more is read from links on which requests about `topic` are sent. */
  freeze(topic: string): void {
    this.#frozen = topic;
    for (const socket of this.#topics.keys()) this.#apply(socket);
  }

  thaw(): void {
    this.#frozen = undefined;
    for (const socket of this.#topics.keys()) socket.resume();
  }

  #open(socket: Socket): Socket {
    const seen = new Set<string>();
    this.#topics.set(socket, seen);
    const write = socket.write;
    const tapped = (bytes: Buffer): boolean => {
      this.apiKeys.add(bytes.readInt16BE(4));
      for (const name of this.#names) if (bytes.includes(name)) seen.add(name);
      this.#apply(socket);
      return write.call(socket, bytes);
    };
    socket.write = tapped;
    return socket;
  }

  #apply(socket: Socket): void {
    if (this.#frozen !== undefined && this.#topics.get(socket)?.has(this.#frozen)) socket.pause();
  }
}
