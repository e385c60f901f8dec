/** How a variant's clients speak. */
export type Dialect = 'ws' | 'ours-ws' | 'socket.io' | 'sse' | 'ours-sse' | 'better-sse';

/** What a receiver sends to open its stream, and how it sees that it is open. */
export interface Opening {
  readonly request: (token: string) => string;
  /** The text with which the server's part is done. */
  readonly openWith: string;
  /** A frame sent once the text of its key was seen. */
  readonly answer?: { readonly to: string; readonly frame: Buffer };
}

const upgrade = (path: string, token: string): string =>
  [
    `GET ${path}token=${token} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');

const get = (token: string): string =>
  [
    `GET /stream?token=${token} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Accept: text/event-stream',
    '\r\n',
  ].join('\r\n');

const onPath = (token: string): string => upgrade('/stream?', token);

/** What Socket.IO's client says after the engine's handshake, masked with zeros. */
const socketIoConnect = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);

/** The opening of each dialect; it ends with the first bytes that say that notifications may follow. */
export const openings: Readonly<Record<Dialect, Opening>> = {
  ws: { request: onPath, openWith: '101 Switching Protocols' },
  'ours-ws': { request: onPath, openWith: '"t":"ready"' },
  'socket.io': {
    request: (token) => upgrade('/socket.io/?EIO=4&transport=websocket&', token),
    openWith: '40{"sid"',
    answer: { to: '0{"sid"', frame: socketIoConnect },
  },
  sse: { request: get, openWith: ':\n\n' },
  'ours-sse': { request: get, openWith: 'event: ready' },
  'better-sse': { request: get, openWith: 'retry:' },
};
