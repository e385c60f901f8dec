import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { whenDrained } from '@realtime-notify/core';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { SessionSocket } from './session-socket.js';

/** What a connection reports. */
export interface ConnectionListener {
  /** Any frame but a ping came, pongs too; false: it is not to be looked at. */
  frame(): boolean;
  /** As {@link frame}, of a ping; false: it is not to be answered. */
  ping(): boolean;
  message(text: string): void;
  binary(): void;
  /** A message broke a limit, and the connection is closed for it. */
  tooLarge(limit: 'payloadBytes' | 'fragments'): void;
  gone(): void;
}

/** The published types lag behind `ws` itself. */
type NewerServerOptions = ServerOptions & {
  readonly closeTimeout: number;
  readonly maxFragments: number;
};

/** What `ws` calls a broken limit. */
const limitOfError: Readonly<Record<string, 'payloadBytes' | 'fragments'>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'payloadBytes',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'payloadBytes',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'fragments',
};

/** Hands its events to its connection itself: a table of listeners for each would take 250 bytes. */
class OwnedWebSocket extends WebSocket {
  connection: WsConnection | undefined = undefined;

  override emit(event: string | symbol, value?: unknown, isBinary?: unknown): boolean {
    const { connection } = this;
    if (connection === undefined) return false;
    if (event === 'message') connection.took(value, isBinary === true);
    else if (event === 'ping') connection.tookPing(value);
    else if (event === 'pong') connection.tookPong();
    else if (event === 'error') connection.failed(value);
    else if (event === 'close') connection.left();
    return true;
  }
}

/** Completes WebSocket handshakes. The only part of the package that knows `ws`. */
export class WsAcceptor {
  readonly #server: WebSocketServer;

  constructor(options: {
    readonly protocol: string;
    readonly maxPayloadBytes: number;
    readonly maxFragments: number;
    readonly closeTimeoutMs: number;
  }) {
    const serverOptions: NewerServerOptions = {
      noServer: true,
      WebSocket: OwnedWebSocket,
      clientTracking: false,
      // Answered here: `ws` would keep a closure for it in each connection.
      autoPong: false,
      perMessageDeflate: false,
      maxPayload: options.maxPayloadBytes,
      maxFragments: options.maxFragments,
      closeTimeout: options.closeTimeoutMs,
      handleProtocols: (offered) => offered.has(options.protocol) && options.protocol,
    };
    this.#server = new WebSocketServer(serverOptions);
  }

  /** Answers the handshake; `opened` is not called where the request is not a valid one. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    opened: (connection: WsConnection) => void,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      if (webSocket instanceof OwnedWebSocket) opened(new WsConnection(webSocket, socket));
    });
  }
}

/** One connection. Shared frames go to the socket as they are; everything else through `ws`. */
export class WsConnection implements SessionSocket {
  readonly #webSocket: OwnedWebSocket;
  readonly #socket: Duplex;
  #listener: ConnectionListener | undefined;
  #alive = true;

  constructor(webSocket: OwnedWebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    this.#webSocket.connection = this;
  }

  took(data: unknown, isBinary: boolean): void {
    this.#alive = true;
    if (this.#listener?.frame() !== true) return;
    if (isBinary) this.#listener.binary();
    else this.#listener.message(String(data));
  }

  tookPing(data: unknown): void {
    if (this.#listener?.ping() === true && this.#isOpen) this.#webSocket.pong(data);
  }

  tookPong(): void {
    this.#alive = true;
    this.#listener?.frame();
  }

  /** `ws` closes by itself after an error, with the code that fits. */
  failed(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const limit = limitOfError[code];
    if (limit !== undefined) this.#listener?.tooLarge(limit);
  }

  left(): void {
    this.#listener?.gone();
  }

  send(text: string): void {
    if (this.#isOpen) this.#webSocket.send(text);
  }

  writeFrames(frames: Buffer): void {
    if (this.#isOpen) this.#socket.write(frames);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  onceDrained(listener: () => void): void {
    if (this.#isOpen) whenDrained(this.#socket, listener);
    else listener();
  }

  close(code: number, reason: string): void {
    // A backlog would outlive the stream with a client that takes nothing; what it misses it resumes.
    if (this.#socket.writableNeedDrain) this.#webSocket.terminate();
    else this.#webSocket.close(code, reason);
  }

  /** Asks for a sign of life; false where none came since it was last asked for. */
  checkAlive(): boolean {
    const wasAlive = this.#alive;
    this.#alive = false;
    if (wasAlive && this.#isOpen) this.#webSocket.ping();
    return wasAlive;
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  get #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }
}
