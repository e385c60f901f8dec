import { type ClientRequest, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';
import { ClientCursor } from '../harness/client-cursor.js';
import { asObject, parseNotification } from '../harness/notification.js';
import { subprotocol } from '../harness/ws-reader.js';
import { appOrigin } from './notifier.js';

/** What a stream is asked for. */
export interface StreamRequest {
  readonly base: string;
  /** `/notifications` */
  readonly prefix?: string;
  readonly token?: string;
  readonly groups?: readonly string[];
  readonly cursor?: string;
  /** Further parameters of the URL. */
  readonly query?: Readonly<Record<string, string>>;
}

/** An event of either transport: `ready`, `bye`, or the type of a notification. */
export interface StreamEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The cursor that SSE sends with it. */
  readonly id?: string | undefined;
}

export interface Stream {
  /** The next event, as soon as it is there; undefined at the end. */
  next(): Promise<StreamEvent | undefined>;
  /** Behind everything that `next` has given. */
  readonly cursor: string;
  /** The headers that came before it, where it is an answer. */
  readonly head?: IncomingHttpHeaders;
  close(): void;
}

export interface Refusal {
  readonly status: number;
  readonly code: unknown;
}

export interface Transport {
  readonly name: string;
  /** Resolves with a stream, or with how it was refused. */
  open(request: StreamRequest): Promise<Stream | Refusal>;
}

function urlOf(route: string, request: StreamRequest): URL {
  const { base, prefix = '/notifications', groups = [], cursor, query } = request;
  const url = new URL(`${prefix}/${route}?${new URLSearchParams(query)}`, base);
  for (const group of groups) url.searchParams.append('group', group);
  if (cursor !== undefined) url.searchParams.set('cursor', cursor);
  return url;
}

const authorization = ({ token }: StreamRequest) =>
  token === undefined ? undefined : { authorization: `Bearer ${token}` };

const sse: Transport = {
  name: 'SSE',
  async open(request) {
    const asked = get(urlOf('stream', request), {
      // Alone on its connection, so that no idle one is left for the server to wait for.
      agent: false,
      headers: {
        ...authorization(request),
        accept: 'text/event-stream',
        'accept-encoding': 'gzip',
        origin: appOrigin,
      },
    });
    const response = await answerTo(asked);
    if (response.statusCode !== 200) return refusal(response.statusCode, await textOf(response));
    return eventStream(response);
  },
};

function eventStream(response: IncomingMessage): Stream {
  const events = new EventQueue();
  let cursor = '';
  const parser = createParser({
    onEvent: ({ id, event = '', data }) => {
      events.push({ name: event, data: asObject(JSON.parse(data), 'the data of an event'), id });
    },
  });
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => parser.feed(chunk));
  // An error is followed by `close`.
  response.on('error', () => undefined).on('close', () => events.end());
  return {
    head: response.headers,
    get cursor() {
      return cursor;
    },
    async next() {
      const event = await events.next();
      cursor = event?.id ?? cursor;
      return event;
    },
    close: () => response.destroy(),
  };
}

const webSocket: Transport = {
  name: 'WebSocket',
  open(request) {
    const headers = { ...authorization(request), origin: appOrigin };
    const socket = new WebSocket(urlOf('ws', request), subprotocol, { headers });
    // From the first frame on, so that none is missed.
    const stream = frameStream(socket);
    return new Promise((resolve, reject) => {
      socket.once('error', reject).once('open', () => resolve(stream));
      socket.once('unexpected-response', (_request, response) => {
        textOf(response).then((body) => resolve(refusal(response.statusCode, body)), reject);
      });
    });
  },
};

function frameStream(socket: WebSocket): Stream {
  const events = new EventQueue();
  const cursor = new ClientCursor();
  socket.on('message', (bytes) => {
    const { t, ...data } = asObject(JSON.parse(String(bytes)), 'a frame');
    events.push({ name: t === 'n' ? String(data.type) : String(t), data });
  });
  socket.on('close', () => events.end());
  return {
    get cursor() {
      return cursor.toString();
    },
    async next() {
      const event = await events.next();
      if (event?.name === 'ready') cursor.restart(String(event.data.cursor));
      else if (event?.name === 'message') cursor.moveTo(parseNotification(event.data));
      return event;
    },
    close: () => socket.terminate(),
  };
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
}

function textOf(response: IncomingMessage): Promise<string> {
  const gzipped = response.headers['content-encoding'] === 'gzip';
  return text(gzipped ? response.pipe(createGunzip()) : response);
}

function refusal(status: number | undefined, body: string): Refusal {
  return { status: status ?? 0, code: asObject(JSON.parse(body), 'a refusal').code };
}

/** Events that have come, for one reader who takes them one by one. */
class EventQueue {
  readonly #events: StreamEvent[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(event: StreamEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async next(): Promise<StreamEvent | undefined> {
    while (this.#events.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#events.shift();
  }
}

/** Every way to follow a user. */
export const transports: readonly Transport[] = [sse, webSocket];
