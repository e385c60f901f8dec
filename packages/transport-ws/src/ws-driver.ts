import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { whenDrained } from '@realtime-notify/core';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { SessionSocket } from './session-socket.js';

/** What a connection reports. */
export interface ConnectionEvents {
  /** Any frame came, pings and pongs too; false: it is not to be looked at. */
  frame(): boolean;
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
      clientTracking: false,
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
      if (!events.frame()) return;
      if (isBinary) events.binary();
      else events.message(data.toString());
    });
    // `ws` answers pings itself.
    this.#webSocket.on('ping', () => events.frame());
    this.#webSocket.on('pong', () => {
      this.#alive = true;
      events.frame();
    });
    // `ws` closes by itself after an error, with the code that fits.
    this.#webSocket.on('error', (error: Error & { readonly code?: string }) => {
      const limit = limitOfError[error.code ?? ''];
      if (limit !== undefined) events.tooLarge(limit);
    });
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
