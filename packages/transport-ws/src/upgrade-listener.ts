import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { pathOf } from '@realtime-notify/core';

/** Takes an upgrade whose path is ours. */
export type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Marks our listeners, also those of another installed copy, with the path that they take. */
const pathOfListener = Symbol.for('@realtime-notify/upgradePath');

/**
 * Takes the upgrades of one path from the host's server and leaves all others to its other listeners.
 * Where every listener is one of ours and none takes the path, it is answered 404 and destroyed: nobody
 * else would ever end that socket.
 * @returns a function that stops listening
 */
export function listenForUpgrades(server: Server, path: string, take: TakeUpgrade): () => void {
  /** The first of our listeners answers for all. */
  const isNobodys = (asked: string): boolean => {
    const listeners = server.listeners('upgrade');
    const taken = listeners.map((each) => (isOurs(each) ? each[pathOfListener] : undefined));
    return listeners[0] === listener && !taken.includes(undefined) && !taken.includes(asked);
  };
  const listener = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const asked = pathOf(request.url);
    if (asked !== path && !isNobodys(asked)) return;
    if (owesAnswer(socket)) socket.destroy();
    else if (asked === path) take(request, socket, head);
    else refuseUpgrade(socket, 404, 'Not Found', nothingHere);
  };
  server.on('upgrade', Object.assign(listener, { [pathOfListener]: path }));
  return () => {
    server.off('upgrade', listener);
  };
}

const nothingHere = { code: 'NOT_FOUND', message: 'nothing to upgrade here' };

/** Told where an error names no time of its own. */
const retryAfterMs = 5_000;

/** Answers an upgrade request with an error and ends its socket. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  phrase: string,
  body: { readonly code: string; readonly message: string; readonly returnMs?: number | undefined },
): void {
  const { code, message, returnMs = retryAfterMs } = body;
  const text = JSON.stringify({ code, message });
  const mayRetry = status === 429 || status === 503;
  const lines = [
    `HTTP/1.1 ${status} ${phrase}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...(status === 401 ? ['WWW-Authenticate: Bearer'] : []),
    ...(mayRetry ? [`Retry-After: ${Math.ceil(returnMs / 1_000)}`] : []),
    '',
    text,
  ];
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(lines.join('\r\n'));
}

/**
 * Whether an earlier request on the connection (pipelining) is not answered yet: that answer, which may be
 * an event stream, and ours would mix. Node marks the socket so.
 */
function owesAnswer(socket: Duplex & { readonly _httpMessage?: unknown }): boolean {
  return socket._httpMessage !== undefined && socket._httpMessage !== null;
}

function isOurs(listener: unknown): listener is { readonly [pathOfListener]: string } {
  return typeof listener === 'function' && pathOfListener in listener;
}
