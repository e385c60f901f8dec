import { once } from 'node:events';
import net from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import { expect } from 'vitest';

/** A TCP connection that sends exactly the bytes it is told to. */
export class RawClient {
  /** All that came back, one character per byte. */
  text = '';
  /** The other side has ended or cut it. */
  ended = false;
  readonly #socket: net.Socket;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.text += text;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.ended = true;
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Text is sent one byte per character. */
  write(bytes: string | Uint8Array): void {
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1');
    else this.#socket.write(bytes);
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends no more, and resolves with all that came when the other side has ended the connection too. */
  finish(): Promise<string> {
    this.#socket.end();
    return this.end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** Resolves when the text has come. */
  async sees(text: string | RegExp): Promise<void> {
    await eventually(() => {
      if (typeof text === 'string') expect(this.text).toContain(text);
      else expect(this.text).toMatch(text);
    });
  }

  /** Resolves with all that came, when the other side has ended the connection. */
  async end(): Promise<string> {
    await eventually(() => expect(this.ended, this.text.slice(0, 500)).toBe(true));
    return this.text;
  }

  /** The statuses of all answers that came. */
  get statuses(): readonly number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  /** A header of the first answer. */
  header(name: string): string | undefined {
    return new RegExp(`^${name}: (.*)\r$`, 'im').exec(this.text)?.[1];
  }
}
