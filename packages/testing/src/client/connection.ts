import {
  type Batch,
  type CloseReason,
  type CursorSource,
  type Emitter,
  type Encoding,
  type Envelope,
  type Notification,
  notificationJson,
  type Outlet,
  type Ready,
} from '@realtime-notify/core';
import type { Ending } from './client-event.js';
import { type Pace, type Part, Wire } from './wire.js';

/** `sse`: one cursor at the end of each write; `websocket`: the client composes it from each frame. */
export type ClientKind = 'sse' | 'websocket';

/** The client at the other end. */
export interface Receiver {
  readonly kind: ClientKind;
  ready(ready: Ready, cursor: string): void;
  /** @param cursor - the text that came with it; only SSE, only with the last of a write */
  shown(notification: Notification, cursor: string | undefined): void;
  ended(ending: Ending): void;
}

const jsonLines: Encoding = Object.freeze({
  encode: (envelope: Envelope) => Buffer.from(notificationJson(envelope)),
  separator: Buffer.from('\n'),
});
/** What `ready` and `bye` take on the wire, roughly. */
const frameBytes = 100;

/** One connection of a test client: the writing end that a node is given, and the wire behind it. */
export class Connection implements Outlet {
  readonly #receiver: Receiver;
  readonly #wire: Wire;
  /** Resolves when the client was told `ready`, takes nothing, or the connection ended. */
  readonly opened: Promise<void>;
  #resolveOpened: () => void = () => {};
  #emitter: Emitter | undefined;
  #ended = false;
  /** The node writes nothing more. */
  #closing = false;

  constructor(receiver: Receiver, bufferBytes: number, pace: Pace) {
    this.#receiver = receiver;
    this.#wire = new Wire(bufferBytes, pace, () => this.end({ by: 'client' }));
    this.opened = new Promise((resolve) => {
      this.#resolveOpened = resolve;
    });
    if (pace === 'nothing') this.#resolveOpened();
  }

  /** A client of the WebSocket protocol shows an id once, so it is sent what waits for its place too. */
  get showsIdsOnce(): boolean {
    return this.#receiver.kind === 'websocket';
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get bufferedBytes(): number {
    return this.#wire.bytes;
  }

  ready(ready: Ready, cursor: string): void {
    const arrive = (): void => {
      this.#receiver.ready(ready, cursor);
      this.#resolveOpened();
    };
    this.#send([{ bytes: frameBytes, arrive }]);
  }

  write(batch: Batch, source: CursorSource): void {
    const lines = batch.bytes(jsonLines).toString().split('\n');
    const cursor = this.#receiver.kind === 'sse' ? source.cursor() : undefined;
    this.#send(
      lines.map((line, index) => ({
        bytes: line.length,
        arrive: () =>
          this.#receiver.shown(JSON.parse(line), index === lines.length - 1 ? cursor : undefined),
      })),
    );
  }

  onceDrained(listener: () => void): void {
    this.#wire.onceDrained(listener);
  }

  close({ code, returnMs }: CloseReason): void {
    if (this.#closing) return;
    const ending: Ending = { by: 'server', code, returnMs };
    // As the transports do: a client that takes too little is cut without a word.
    if (this.#wire.isFull) this.end(ending);
    else this.#send([{ bytes: frameBytes, arrive: () => this.end(ending) }]);
    this.#closing = true;
  }

  /** The node has made a stream of it, or not, where the client had gone. */
  serve(emitter: Emitter | undefined): void {
    this.#emitter = emitter;
    if (this.#ended) emitter?.gone();
  }

  setPace(pace: Pace): void {
    if (pace === 'nothing') this.#resolveOpened();
    this.#wire.setPace(pace);
  }

  /** See {@link Wire.cut}. */
  cut(): void {
    this.#wire.cut();
  }

  /** Ends it at once; what is on its way is lost. */
  end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closing = true;
    this.#wire.close();
    this.#resolveOpened();
    this.#emitter?.gone();
    this.#receiver.ended(ending);
  }

  #send(parts: readonly Part[]): void {
    if (!this.#closing) this.#wire.write(parts);
  }
}
