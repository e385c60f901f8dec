import type { Duplex } from 'node:stream';
import type { Data } from '../message.js';
import { acceptWebSockets } from './accept-ws.js';
import type { StartServer } from './bench-server.js';

/** `ws` for the handshake only: a frame is made once and written to the socket of each client. */
export const start: StartServer = (secret) => {
  const clients = new Map<string, Duplex>();
  const server = acceptWebSockets(secret, (webSocket, socket, userId) => {
    clients.set(userId, socket);
    webSocket.once('close', () => clients.delete(userId));
  });
  return {
    server,
    broadcast: (messages) => {
      for (const data of messages) {
        const frame = frameOf(data);
        for (const client of clients.values()) client.write(frame);
      }
    },
    unicast: (messages) => {
      for (const { userId, data } of messages) clients.get(userId)?.write(frameOf(data));
    },
  };
};

/** An unmasked text frame of 126 to 65,535 bytes (RFC 6455, 5.2). */
function frameOf(data: Data): Buffer {
  const text = JSON.stringify({ type: 'message', data });
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(4 + bytes);
  frame.writeUInt16BE(0x817e, 0);
  frame.writeUInt16BE(bytes, 2);
  frame.write(text, 4);
  return frame;
}
