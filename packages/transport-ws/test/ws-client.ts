import type {
  ConnectRequest,
  ReadyMessage,
  Refusal,
  TransportClient,
} from '@realtime-notify/contract-kit';
import {
  channelKey,
  cursorEntry,
  joinCursor,
  type Notification,
  type Position,
  tagOf,
} from '@realtime-notify/core';
import { WebSocket } from 'ws';
import { z } from 'zod';

const refusals: Readonly<Record<number, Refusal>> = {
  400: 'bad request',
  401: 'unauthenticated',
  403: 'forbidden',
  4400: 'bad request',
  4401: 'unauthenticated',
  4403: 'forbidden',
};

/** A client of `realtime-notify.v1` that composes its cursor as PROTOCOL.md says. */
export class WsClient implements TransportClient {
  readonly frames: Record<string, unknown>[] = [];
  readonly readies: ReadyMessage[] = [];
  readonly notifications: Notification[] = [];
  refusal: Refusal | undefined;
  bye: TransportClient['bye'];
  closeCode: number | undefined;
  readonly webSocket: WebSocket;
  readonly #positions = new Map<string, Position>();

  /** @param hello - what is sent first; absent: all is in the query */
  constructor(url: string, hello?: unknown) {
    this.webSocket = new WebSocket(url, 'realtime-notify.v1');
    this.webSocket.on('open', () => {
      if (hello !== undefined) this.send(hello);
    });
    this.webSocket.on('message', (data) => this.#take(JSON.parse(data.toString())));
    this.webSocket.on('unexpected-response', (request, response) => {
      this.refusal = refusals[response.statusCode ?? 0];
      this.closeCode = response.statusCode;
      request.destroy();
    });
    this.webSocket.on('error', () => {});
    this.webSocket.on('close', (code) => {
      this.closeCode ??= code;
      this.refusal ??= refusals[code];
    });
  }

  /** Everything in the query. */
  static byQuery(port: number, { token, groups = [], cursor }: ConnectRequest): WsClient {
    const query = new URLSearchParams(groups.map((group) => ['group', group]));
    if (token !== undefined) query.set('token', token);
    if (cursor !== undefined) query.set('cursor', cursor);
    return new WsClient(
      `ws://127.0.0.1:${port}/ws?${query}`,
      token === undefined ? { t: 'hello' } : undefined,
    );
  }

  /** Everything in the hello. */
  static byHello(port: number, request: ConnectRequest): WsClient {
    return new WsClient(`ws://127.0.0.1:${port}/ws`, { t: 'hello', ...request });
  }

  get ended(): boolean {
    return this.closeCode !== undefined;
  }

  get cursor(): string | undefined {
    if (this.readies.length === 0) return undefined;
    const entries = [...this.#positions].map(([channel, position]) =>
      cursorEntry(channelKey(channel), position),
    );
    return joinCursor(entries);
  }

  send(frame: unknown): void {
    this.webSocket.send(JSON.stringify(frame));
  }

  pause(): void {
    this.webSocket.pause();
  }

  cut(): void {
    this.webSocket.terminate();
  }

  #take({ t, ...fields }: Record<string, unknown>): void {
    this.frames.push({ t, ...fields });
    if (t === 'ready') this.#ready(readySchema.parse(fields));
    else if (t === 'bye') this.bye = byeSchema.parse(fields);
    else if (t === 'n') this.#notification(notificationSchema.parse(fields));
  }

  #ready(ready: z.output<typeof readySchema>): void {
    this.readies.push(ready);
    for (const [channel, position] of Object.entries(ready.channels)) {
      this.#positions.set(channel, position);
    }
  }

  #notification(notification: Notification): void {
    const { channel, epoch, offset, id } = notification;
    this.notifications.push(notification);
    if (epoch !== null && offset !== null) {
      this.#positions.set(channel, { epoch, offset, tag: tagOf(id) });
    }
  }
}

const positionSchema = z.strictObject({ epoch: z.string(), offset: z.int(), tag: z.string() });

const readySchema = z.strictObject({
  user: z.string().nullable(),
  channels: z.record(z.string(), positionSchema),
  recovered: z.boolean(),
  heartbeatMs: z.number(),
  cursor: z.string(),
});

const byeSchema = z.strictObject({ code: z.string(), returnMs: z.number().nullable() });

const notificationSchema = z.strictObject({
  id: z.string(),
  type: z.string(),
  channel: z.string(),
  epoch: z.string().nullable(),
  offset: z.int().nullable(),
  time: z.int(),
  data: z.unknown(),
});
