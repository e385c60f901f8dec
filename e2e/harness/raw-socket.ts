import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';
import { eventually } from './eventually.js';
import { asObject } from './notification.js';
import { subprotocol } from './ws-reader.js';

/** A WebSocket whose frames are looked at one by one. */
export class RawSocket {
  readonly frames: Readonly<Record<string, unknown>>[] = [];
  closeCode: number | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.frames.push(asObject(JSON.parse(String(data)), 'a frame')));
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    socket.on('error', () => undefined);
  }

  /** Resolves when the connection stands. */
  static async open(url: URL): Promise<RawSocket> {
    const socket = new WebSocket(url, subprotocol);
    const raw = new RawSocket(socket);
    await once(socket, 'open');
    return raw;
  }

  send(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** The first frame of a kind, once it has come. */
  async frame(t: string): Promise<Readonly<Record<string, unknown>>> {
    const find = () => this.frames.find((frame) => frame.t === t);
    await eventually(
      `a frame ${t}`,
      () => find() !== undefined,
      () => `closed with ${this.closeCode}, frames: ${JSON.stringify(this.frames)}`,
    );
    return find() ?? {};
  }

  /** The code with which the server closes. */
  async closed(): Promise<number | undefined> {
    await eventually(
      'the server closes the connection',
      () => this.closeCode !== undefined,
      () => `frames: ${JSON.stringify(this.frames)}`,
    );
    return this.closeCode;
  }

  drop(): void {
    this.#socket.terminate();
  }
}

/** What a server answers to an upgrade that it does not take, and whether it ended the socket. */
export async function refusedUpgrade(
  url: URL,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number | undefined; readonly body: unknown }> {
  const asked = request({
    host: url.hostname,
    port: url.port,
    path: url.pathname + url.search,
    agent: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16, 7).toString('base64'),
      'Sec-WebSocket-Protocol': subprotocol,
      ...headers,
    },
  });
  const response = await answerTo(asked);
  const { socket } = response;
  const destroyed = socket.destroyed ? undefined : once(socket, 'close');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  await destroyed;
  return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) };
}

function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve);
    asked.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('the upgrade was taken'));
    });
    asked.once('error', reject);
    asked.end();
  });
}
