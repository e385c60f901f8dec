import type { Server } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * A connection to a server of this process without a socket below, for tens of thousands of them. What is
 * written is parsed by Node as if it had come from the network.
 */
export class MemoryConnection {
  /** The server has ended it. */
  ended = false;
  readonly #duplex: Duplex;
  #received: string[] = [];
  #heard: () => void = () => {};

  constructor(server: Server) {
    this.#duplex = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#received.push(chunk.toString('latin1'));
        done();
        this.#heard();
      },
      final: (done) => {
        this.#end(done);
      },
      destroy: (_error, done) => {
        this.#end(done);
      },
    });
    // Node asks sockets for it; nothing here takes time.
    Object.assign(this.#duplex, { setTimeout: () => this.#duplex });
    this.#duplex.on('error', () => {});
    server.emit('connection', this.#duplex);
  }

  #end(done: (error?: null) => void): void {
    this.ended = true;
    done(null);
    this.#heard();
  }

  /** Text is sent one byte per character. */
  write(bytes: string | Uint8Array): void {
    if (!this.ended)
      this.#duplex.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /**
   * Resolves with what came since the last call as soon as `enough` says so, or the server has ended the
   * connection. One character per byte.
   */
  answer(enough: (text: string) => boolean): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const text = this.#received.join('');
        if (!this.ended && !enough(text)) return;
        this.#received = [];
        this.#heard = () => {};
        // As over a network: the server has done with the request before the next one comes.
        setImmediate(() => resolve(text));
      };
      this.#heard = look;
      look();
    });
  }

  /** Resolves with what came since the last call, when the server has had its turns to answer. */
  async settled(): Promise<string> {
    for (let n = 0; n < 2; n += 1) await new Promise((resolve) => setImmediate(resolve));
    return this.answer(() => true);
  }

  cut(): void {
    this.#duplex.destroy();
  }
}

/** Whether a text holds one whole HTTP answer that does not last as long as its connection. */
export function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const fields = text.slice(0, head + 2);
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(fields)) return text.endsWith('\r\n0\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(fields)?.[1];
  return length !== undefined && text.length >= head + 4 + Number(length);
}

/** Status and JSON body of a whole answer; the body is undefined where there is none. */
export function readAnswer(text: string): { readonly status: number; readonly body: unknown } {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  const bytes = text.slice(text.indexOf('\r\n\r\n') + 4);
  const body = Buffer.from(bytes.replace(/^[0-9a-f]+\r\n(.*)\r\n0\r\n\r\n$/s, '$1'), 'latin1');
  return { status, body: body.length === 0 ? undefined : JSON.parse(body.toString()) };
}
