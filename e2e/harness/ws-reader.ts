import { WebSocket } from 'ws';
import { ClientCursor } from './client-cursor.js';
import { asObject, parseBye, parseNotification, parseReady } from './notification.js';
import {
  type Dial,
  defaultReturnMs,
  type LinkListener,
  StreamReader,
  type StreamReaderOptions,
} from './stream-reader.js';

export const subprotocol = 'realtime-notify.v1';

/** Codes after which a client must not come back with the same credential and cursor. */
const finalCodes = new Set([4400, 4401, 4403]);

/** A reader of our WebSocket protocol over the bare `ws` client; it composes its cursor itself. */
export function wsReader(options: StreamReaderOptions): StreamReader {
  return new StreamReader(dialWs, options);
}

/** The address of a node's WebSocket with everything in the query. */
export function wsUrl(
  base: string,
  query: { token?: string; groups?: readonly string[]; cursor?: string | undefined } = {},
): URL {
  const url = new URL('/notifications/ws', base);
  url.protocol = 'ws:';
  if (query.token !== undefined) url.searchParams.set('token', query.token);
  for (const group of query.groups ?? []) url.searchParams.append('group', group);
  if (query.cursor !== undefined) url.searchParams.set('cursor', query.cursor);
  return url;
}

const dialWs: Dial = ({ base, token, groups, cursor }, listener) => {
  const socket = new WebSocket(wsUrl(base, { token, groups, cursor }), subprotocol);
  const position = new ClientCursor();
  socket.on('unexpected-response', (_request, response) => {
    const { statusCode } = response;
    if (statusCode !== undefined && statusCode < 500) listener.refused(`status ${statusCode}`);
    socket.terminate();
  });
  socket.on('message', (data, isBinary) => {
    try {
      if (isBinary) throw new Error('a binary frame came');
      takeFrame(JSON.parse(String(data)), position, listener);
    } catch (error) {
      listener.violation(error);
    }
  });
  socket.on('close', (code, reason) => {
    if (finalCodes.has(code)) listener.refused(`closed with ${code} ${String(reason)}`);
    listener.closed();
  });
  // `close` follows.
  socket.on('error', () => undefined);
  return { destroy: () => socket.terminate() };
};

function takeFrame(value: unknown, position: ClientCursor, listener: LinkListener): void {
  const frame = asObject(value, 'a frame');
  if (frame.t === 'n') {
    const notification = parseNotification(frame);
    position.moveTo(notification);
    listener.notification(notification);
    listener.cursor(position.toString());
  } else if (frame.t === 'ready') {
    if (typeof frame.cursor !== 'string') throw new Error('a ready frame without cursor came');
    position.restart(frame.cursor);
    listener.retryAfter(defaultReturnMs);
    listener.ready(parseReady(frame));
    listener.cursor(frame.cursor);
  } else if (frame.t === 'bye') {
    listener.bye(parseBye(frame));
  } else {
    throw new Error(`an unknown frame came: ${JSON.stringify(frame)}`);
  }
}
