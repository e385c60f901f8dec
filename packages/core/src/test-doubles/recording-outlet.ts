import type { Batch } from '../emitters/batch.js';
import type { CloseReason } from '../emitters/close-reason.js';
import type { Encoding } from '../emitters/outgoing.js';
import type { CursorSource, Outlet, Ready } from '../emitters/outlet.js';

/** One line per notification: channel, offset, data. */
const lineEncoding: Encoding = {
  encode: ({ channel, offset, dataJson }) => Buffer.from(`${channel} ${offset} ${dataJson}`),
  separator: Buffer.from('\n'),
};

/** What an outlet was told to say. */
export type Said =
  | { readonly kind: 'ready'; readonly ready: Ready; readonly cursor: string }
  | { readonly kind: 'write'; readonly lines: readonly string[]; readonly cursor: string }
  | { readonly kind: 'close'; readonly reason: CloseReason };

/** The writing end of a client that takes everything at once, or only when the test says so. */
export class RecordingOutlet implements Outlet {
  readonly said: Said[] = [];
  bufferedBytes = 0;
  showsIdsOnce = false;
  /** Called after each thing said. */
  heard: (said: Said) => void = () => {};
  readonly #reads: boolean;
  #listeners: (() => void)[] = [];

  /** @param reads - false for a client that takes nothing until {@link take} */
  constructor(reads = true) {
    this.#reads = reads;
  }

  ready(ready: Ready, cursor: string): void {
    this.#say({ kind: 'ready', ready, cursor });
  }

  write(batch: Batch, source: CursorSource): void {
    const bytes = batch.bytes(lineEncoding);
    if (!this.#reads) this.bufferedBytes += bytes.length;
    this.#say({ kind: 'write', lines: bytes.toString().split('\n'), cursor: source.cursor() });
  }

  onceDrained(listener: () => void): void {
    if (this.bufferedBytes === 0) listener();
    else this.#listeners.push(listener);
  }

  close(reason: CloseReason): void {
    this.#say({ kind: 'close', reason });
  }

  /** The client takes what was written so far. */
  take(): void {
    this.bufferedBytes = 0;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  get listenerCount(): number {
    return this.#listeners.length;
  }

  get readies(): readonly Extract<Said, { kind: 'ready' }>[] {
    return this.said.filter((each) => each.kind === 'ready');
  }

  get writes(): readonly Extract<Said, { kind: 'write' }>[] {
    return this.said.filter((each) => each.kind === 'write');
  }

  get closes(): readonly CloseReason[] {
    return this.said.flatMap((each) => (each.kind === 'close' ? [each.reason] : []));
  }

  /** The offsets of a channel's notifications in the order in which they were written. */
  offsets(channel: string): readonly number[] {
    return this.writes.flatMap(({ lines }) =>
      lines
        .map((line) => line.split(' '))
        .flatMap(([name, offset]) => (name === channel ? [Number(offset)] : [])),
    );
  }

  #say(said: Said): void {
    this.said.push(said);
    this.heard(said);
  }
}
