import net from 'node:net';
import { nowMicroseconds } from '../message.js';
import type { Opening } from './dialects.js';
import type { Ledger } from './ledger.js';

/** The head and first events of a stream, at most. */
const maxOpeningBytes = 16_384;

/** Raw sockets, so that the load costs little beside the server that is measured. */
export class Receivers {
  readonly #port: number;
  readonly #opening: Opening;
  readonly #sockets = new Set<net.Socket>();
  #failed: (error: Error) => void = () => {};

  constructor(port: number, opening: Opening) {
    this.#port = port;
    this.#opening = opening;
  }

  /** Rejects when a receiver loses its stream or gets what it must not. */
  readonly failure = new Promise<never>((_, reject) => {
    this.#failed = reject;
  });

  /**
   * Opens a stream for each token, `inFlight` at a time.
   * Resolves with what each handshake took, in microseconds.
   */
  async open(
    tokens: readonly string[],
    inFlight: number,
    ledger: Ledger,
  ): Promise<readonly number[]> {
    const durations: number[] = [];
    const waiting = tokens[Symbol.iterator]();
    const worker = async (): Promise<void> => {
      for (const token of waiting) {
        const started = nowMicroseconds();
        await this.#openOne(token, ledger);
        durations.push(nowMicroseconds() - started);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    return durations;
  }

  /** Leaves, without a word as clients do. */
  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').destroy();
    this.#sockets.clear();
  }

  #openOne(token: string, ledger: Ledger): Promise<void> {
    const { request, openWith, answer } = this.#opening;
    const receiver = ledger.add();
    const socket = net.connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#failed(new Error(`receiver ${receiver} lost its stream`)));
    socket.write(request(token));
    return new Promise((resolve) => {
      let head = '';
      let answered = answer === undefined;
      const opening = (chunk: Buffer): void => {
        head += chunk.toString('latin1');
        if (!answered && answer !== undefined && head.includes(answer.to)) {
          answered = true;
          socket.write(answer.frame);
        }
        if (head.includes(openWith)) {
          socket.off('data', opening);
          socket.on('data', (bytes) => this.#take(ledger, receiver, bytes));
          resolve();
        } else if (head.length > maxOpeningBytes || /^HTTP\/1\.1 [45]/.test(head)) {
          this.#failed(new Error(`receiver ${receiver} was answered ${head.slice(0, 200)}`));
        }
      };
      socket.on('data', opening);
    });
  }

  #take(ledger: Ledger, receiver: number, bytes: Buffer): void {
    try {
      ledger.take(receiver, bytes);
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
