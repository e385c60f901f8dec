// The receivers: raw sockets that count marks, so that the load generator costs little.
import net from 'node:net';

const mark = 0xa7; // the last byte of '§' in UTF-8
const [port, connections, kind] = process.argv.slice(2);
let expected = 0;
let received = 0;
let reported = 0;
let open = 0;

const requestOf = (index: number): string =>
  kind === 'ws'
    ? `GET /ws?user=u${index} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
    : `GET /stream?user=u${index} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`;

for (let index = 0; index < Number(connections); index += 1) {
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.write(requestOf(index));
  socket.once('data', () => {
    open += 1;
    if (open === Number(connections)) setTimeout(() => process.send?.({ open }), 500);
  });
  socket.on('data', (bytes) => {
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) received += 1;
    report();
  });
}

/** Data may arrive before the parent's word that it was sent, so both only ever count up. */
function report(): void {
  if (expected === 0 || received < expected) return;
  process.send?.({ received });
  reported = expected;
  expected = 0;
}

process.on('message', (message: { readonly expect: number }) => {
  expected = reported + message.expect;
  report();
});
