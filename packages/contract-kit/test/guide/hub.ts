import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What a client may ask of the hub, one line of JSON each. Each is answered by the line `true`. */
export type Command =
  | { readonly op: 'subscribe' | 'unsubscribe'; readonly channels: readonly string[] }
  | { readonly op: 'publish'; readonly messages: readonly (readonly [string, string])[] }
  | { readonly op: 'ping' };

/** Carries `[channel, text]` lines to the clients that subscribed to the channel. */
export class Hub {
  readonly #clients = new Map<Socket, Set<string>>();
  readonly #server = createServer((socket) => this.#serve(socket));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  deliver(channel: string, text: string): void {
    for (const [socket, channels] of this.#clients) {
      if (channels.has(channel)) socket.write(`${JSON.stringify([channel, text])}\n`);
    }
  }

  /** Breaks all connections; the clients may come back. */
  cut(): void {
    for (const socket of this.#clients.keys()) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #serve(socket: Socket): void {
    const channels = new Set<string>();
    this.#clients.set(socket, channels);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#obey(JSON.parse(line), channels);
        socket.write('true\n');
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#clients.delete(socket));
  }

  #obey(command: Command, channels: Set<string>): void {
    if (command.op === 'publish') {
      for (const [channel, text] of command.messages) this.deliver(channel, text);
    } else if (command.op === 'subscribe') {
      for (const channel of command.channels) channels.add(channel);
    } else if (command.op === 'unsubscribe') {
      for (const channel of command.channels) channels.delete(channel);
    }
  }
}
