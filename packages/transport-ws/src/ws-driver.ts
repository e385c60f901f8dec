import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { whenDrained } from '@realtime-notify/core';
import { type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { SessionSocket } from './session-socket.js';

/** What a connection reports. */
export interface ConnectionListener {
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

/** Knows its connection, so that all connections share their listeners: closures add up. */
class OwnedWebSocket extends WebSocket {
  connection: WsConnection | undefined = undefined;
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (this instanceof OwnedWebSocket) this.connection?.took(data, isBinary);
}

/** `ws` answers pings itself. */
function onPing(this: WebSocket): void {
  if (this instanceof OwnedWebSocket) this.connection?.tookControl();
}

function onPong(this: WebSocket): void {
  if (this instanceof OwnedWebSocket) this.connection?.tookPong();
}

/** `ws` closes by itself after an error, with the code that fits. */
function onError(this: WebSocket, error: Error & { readonly code?: string }): void {
  const limit = limitOfError[error.code ?? ''];
  if (limit === undefined || !(this instanceof OwnedWebSocket)) return;
  this.connection?.brokeLimit(limit);
}

function onClose(this: WebSocket): void {
  if (this instanceof OwnedWebSocket) this.connection?.left();
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
    const webSocket = this.#webSocket;
    this.#listener = listener;
    webSocket.connection = this;
    webSocket.on('message', onMessage);
    webSocket.on('ping', onPing);
    webSocket.on('pong', onPong);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
  }

  took(data: RawData, isBinary: boolean): void {
    this.#alive = true;
    if (this.#listener?.frame() !== true) return;
    if (isBinary) this.#listener.binary();
    else this.#listener.message(data.toString());
  }

  tookControl(): void {
    this.#listener?.frame();
  }

  tookPong(): void {
    this.#alive = true;
    this.#listener?.frame();
  }

  brokeLimit(limit: 'payloadBytes' | 'fragments'): void {
    this.#listener?.tooLarge(limit);
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
