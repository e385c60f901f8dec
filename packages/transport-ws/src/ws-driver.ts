import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { whenDrained } from '@realtime-notify/core';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { SessionSocket } from './session-socket.js';

/** What a connection reports. */
export interface ConnectionEvents {
  message(text: string): void;
  binary(): void;
  gone(): void;
}

/** Completes WebSocket handshakes. The only part of the package that knows `ws`. */
export class WsAcceptor {
  readonly #server: WebSocketServer;

  constructor(options: {
    readonly protocol: string;
    readonly maxPayloadBytes: number;
    readonly closeTimeoutMs: number;
  }) {
    // The published types lag behind: they do not know `closeTimeout` yet.
    const serverOptions: ServerOptions & { readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxPayloadBytes,
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
      opened(new WsConnection(webSocket, socket));
    });
  }
}

/** One connection. Shared frames go to the socket as they are; everything else through `ws`. */
export class WsConnection implements SessionSocket {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #alive = true;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  listen(events: ConnectionEvents): void {
    this.#webSocket.on('message', (data, isBinary) => {
      this.#alive = true;
      if (isBinary) events.binary();
      else events.message(data.toString());
    });
    this.#webSocket.on('pong', () => {
      this.#alive = true;
    });
    // `ws` closes by itself after an error, with the code that fits.
    this.#webSocket.on('error', () => {});
    this.#webSocket.once('close', () => events.gone());
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
