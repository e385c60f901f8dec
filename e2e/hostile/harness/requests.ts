/** Requests as the bytes that go over the wire. */

const line = (method: string, target: string) => `${method} ${target} HTTP/1.1\r\nHost: h\r\n`;

export function streamRequest(query = '', headers = ''): string {
  return `${line('GET', `/notifications/stream${query}`)}${headers}\r\n`;
}

export function historyRequest(query = ''): string {
  return `${line('GET', `/notifications${query}`)}\r\n`;
}

export function upgradeRequest(query = '', headers = usualUpgrade): string {
  return `${line('GET', `/notifications/ws${query}`)}${headers}\r\n`;
}

export const usualUpgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

export function publishRequest(body: string | Uint8Array, headers = ''): Buffer {
  const bytes = Buffer.from(body);
  const head = `${line('POST', '/notifications/publish')}Content-Type: application/json\r\n`;
  return Buffer.concat([
    Buffer.from(`${head}Content-Length: ${bytes.length}\r\n${headers}\r\n`, 'latin1'),
    bytes,
  ]);
}

export const healthRequest = `${line('GET', '/healthz')}\r\n`;

/** What a publish request asks for that is taken. */
export function publishBody(user: string, text: string): string {
  return JSON.stringify({ to: { user }, type: 'message', data: { text } });
}
