import type { Store } from '../ports/store.js';
import type { LogEnds } from './channel-marks.js';

/** Read at once. */
const pageItems = 200;
const pageBytes = 512 * 1024;
/** Of a channel, when the older half is forgotten: four times what one inbox may take in of it. */
const mostOfChannel = 40_000;

/** A part of a channel's log. */
export interface LogRange {
  readonly channel: string;
  readonly head: LogEnds['head'];
  readonly first: number;
  readonly last: number;
}

/** The types of some notifications of a channel that follow one another. */
class TypeRun {
  readonly epoch: string;
  #first: number;
  #types: string[] = [];
  /** One text for all of a type. */
  readonly #names = new Map<string, string>();

  constructor(epoch: string, first: number) {
    this.epoch = epoch;
    this.#first = first;
  }

  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#first + this.#types.length;
  }

  get size(): number {
    return this.#types.length;
  }

  at(offset: number): string | undefined {
    return this.#types[offset - this.#first];
  }

  /** Takes what follows; what is known already, as after two reads at a time, is passed. */
  take(offset: number, type: string): void {
    if (offset < this.end) return;
    if (offset > this.end) this.#restart(offset);
    const name = this.#names.get(type) ?? type;
    this.#names.set(name, name);
    this.#types.push(name);
    if (this.size > mostOfChannel) this.#restart(this.end - mostOfChannel / 2);
  }

  #restart(first: number): void {
    this.#types = this.#types.slice(first - this.#first);
    this.#first = first;
  }
}

/**
 * Tells of which types notifications are, reading each once: within an epoch a place of a log never gets another
 * notification.
 */
export class KnownTypes {
  readonly #store: Pick<Store, 'readAfter'>;
  readonly #mostKept: number;
  /** By channel; what was used last comes last. */
  readonly #runs = new Map<string, { readonly run: TypeRun; readonly size: number }>();
  #kept = 0;

  /** @param mostKept - types of so many notifications are kept, some ten bytes each */
  constructor(store: Pick<Store, 'readAfter'>, mostKept = 1_000_000) {
    this.#store = store;
    this.#mostKept = mostKept;
  }

  /** Resolves with what tells the type at an offset of the range; undefined where the log has it no more. */
  async of(range: LogRange): Promise<(offset: number) => string | undefined> {
    const run = this.#runFor(range);
    await this.#extend(run, range);
    this.#keep(range.channel, run);
    return (offset) => run.at(offset);
  }

  #runFor({ channel, head, first }: LogRange): TypeRun {
    const run = this.#runs.get(channel)?.run;
    const reaches = run?.epoch === head.epoch && run.first <= first;
    return reaches ? run : new TypeRun(head.epoch, first);
  }

  async #extend(run: TypeRun, { channel, last }: LogRange): Promise<void> {
    while (run.end <= last) {
      const after = run.end - 1;
      const request = { channel, after, limit: pageItems, maxBytes: pageBytes };
      const [page] = await this.#store.readAfter([request]);
      if (page === undefined || page.items.length === 0) return;
      // The log has lost data since it was looked at: its places are given out again.
      if (page.head.epoch !== run.epoch) return;
      for (const { offset, type } of page.items) run.take(offset, type);
    }
  }

  #keep(channel: string, run: TypeRun): void {
    this.#forget(channel);
    this.#runs.set(channel, { run, size: run.size });
    this.#kept += run.size;
    for (const each of this.#runs.keys()) {
      if (this.#kept <= this.#mostKept) return;
      this.#forget(each);
    }
  }

  #forget(channel: string): void {
    this.#kept -= this.#runs.get(channel)?.size ?? 0;
    this.#runs.delete(channel);
  }
}
