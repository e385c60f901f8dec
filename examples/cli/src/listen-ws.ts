import { WebSocket } from 'ws';
import type { ListenRequest } from './listen-request.js';

/** Reads frames until the server closes; rejects where it refuses us. */
export function listenOverWs(
  { base, token, groups, cursor }: ListenRequest,
  show: (event: object) => void,
): Promise<void> {
  const url = new URL('/notifications/ws', base.replace(/^http/, 'ws'));
  const socket = new WebSocket(url, 'realtime-notify.v1');
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      const hello = { t: 'hello', token, groups, ...(cursor === undefined ? {} : { cursor }) };
      socket.send(JSON.stringify(hello));
    });
    socket.on('message', (bytes) => {
      const frame = JSON.parse(String(bytes)) as { readonly t: string; readonly type?: string };
      const { t, ...data } = frame;
      show({ event: t === 'n' ? data.type : t, data });
    });
    socket.on('close', (code, reason) => {
      show({ event: 'close', data: { code, reason: String(reason) } });
      resolve();
    });
    socket.on('error', reject);
  });
}
