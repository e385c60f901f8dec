// Loaded into a process ahead of its program: notes down that a server listened, and the kinds of requests
// that went to the port NETWORK_SPY_KAFKA_PORT, one per line of the file NETWORK_SPY_FILE.
import { appendFileSync } from 'node:fs';
import { Server, Socket } from 'node:net';

const file = process.env.NETWORK_SPY_FILE;
const kafkaPort = Number(process.env.NETWORK_SPY_KAFKA_PORT);
const noted = new Set<string>();

function note(line: string): void {
  if (file === undefined || noted.has(line)) return;
  noted.add(line);
  appendFileSync(file, `${line}\n`);
}

Server.prototype.listen = new Proxy(Server.prototype.listen, {
  apply(listen, server, args) {
    note('listen');
    return Reflect.apply(listen, server, args);
  },
});

Socket.prototype.write = new Proxy(Socket.prototype.write, {
  apply(write, socket: Socket, args) {
    const [bytes]: unknown[] = args;
    // Every Kafka request begins with its size in 4 bytes and its kind in 2.
    if (socket.remotePort === kafkaPort && Buffer.isBuffer(bytes) && bytes.length > 5) {
      note(`kafka ${bytes.readInt16BE(4)}`);
    }
    return Reflect.apply(write, socket, args);
  },
});
