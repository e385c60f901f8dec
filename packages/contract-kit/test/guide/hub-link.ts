import { connect, type Socket } from 'node:net';
import { NotifyError, withinMs } from '@realtime-notify/core';
import type { Command } from './hub.js';

const answerWithinMs = 5_000;
const maxPendingBytes = 16 * 1024 * 1024;

/** What came for one channel: its name, and a text that should be an envelope. */
export type Message = readonly [channel: string, text: string];

/** One connection to the hub, from its beginning to its end. It is never mended: a new one is made. */
export class HubLink {
  /** Resolves when the connection is over, for whatever reason. */
  readonly over: Promise<void>;
  readonly #socket: Socket;
  readonly #asked: { done(): void; failed(error: Error): void }[] = [];

  constructor(port: number, onMessages: (messages: readonly Message[]) => void) {
    this.#socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let rest = '';
    this.#socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      const messages = lines.flatMap((line) => this.#read(line));
      if (messages.length > 0) onMessages(messages);
    });
    let cause: unknown;
    this.#socket.on('error', (error) => {
      cause = error;
    });
    this.over = new Promise((resolve) => {
      this.#socket.on('close', () => {
        for (const { failed } of this.#asked.splice(0)) failed(hubAway(cause));
        resolve();
      });
    });
  }

  /** Resolves when the hub has done it. The hub answers in the order it was asked. */
  async ask(command: Command): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableLength > maxPendingBytes) throw hubAway();
    const answer = new Promise<void>((done, failed) => this.#asked.push({ done, failed }));
    this.#socket.write(`${JSON.stringify(command)}\n`);
    await withinMs(answer, answerWithinMs, () => {
      this.cut();
      return hubAway();
    });
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** A message, or nothing where the line is an answer. */
  #read(line: string): Message[] {
    const said: unknown = JSON.parse(line);
    if (Array.isArray(said)) return [[String(said[0]), String(said[1])]];
    this.#asked.shift()?.done();
    return [];
  }
}

export function hubAway(cause?: unknown): NotifyError {
  return new NotifyError('BROKER_UNAVAILABLE', 'the hub does not answer', { cause });
}
