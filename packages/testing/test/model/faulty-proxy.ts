import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of what passes. */
type Passing =
  | 'passes'
  /** Connections are cut, and new ones too. */
  | 'refused'
  /** What comes back from the server is lost, and the connection with it. */
  | 'unanswered'
  /** Nothing moves, and nobody is told. */
  | 'frozen';

/** One node's way to a server, over TCP, which can be hurt and mended. */
export class FaultyProxy {
  /** The longest that something takes on its way back, in milliseconds. */
  maxDelayMs = 0;
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly client: Socket; readonly upstream: Socket }>();
  #passing: Passing = 'passes';

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#join(client, connect(targetPort, '127.0.0.1')));
  }

  /** @param targetPort - of a server on 127.0.0.1 */
  static async before(targetPort: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  set passing(passing: Passing) {
    this.#passing = passing;
    if (passing === 'refused') this.cut();
    for (const { client, upstream } of this.#pairs) {
      for (const socket of [client, upstream])
        passing === 'frozen' ? socket.pause() : socket.resume();
    }
  }

  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, upstream: Socket): void {
    const pair = { client, upstream };
    this.#pairs.add(pair);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#passing === 'frozen') socket.pause();
    }
    if (this.#passing === 'refused') client.destroy();
    client.on('data', (bytes) => upstream.write(bytes));
    // One after the other: bytes that overtake others are no fault of a network, but nonsense.
    let written = Promise.resolve();
    upstream.on('data', (bytes) => {
      if (this.#passing === 'unanswered') {
        client.destroy();
        return;
      }
      const delayMs = Math.random() * this.maxDelayMs;
      written = written.then(async () => {
        if (delayMs > 0) await sleep(delayMs);
        client.write(bytes);
      });
    });
  }
}
