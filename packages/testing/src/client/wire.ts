/** A piece that a client takes whole or not at all: an event, or a frame. */
export interface Part {
  readonly bytes: number;
  /** What it does at the client. */
  arrive(): void;
}

/** How fast a client takes what is sent: all at once, nothing, or one write in so many milliseconds. */
export type Pace = 'all' | 'nothing' | { readonly everyMs: number };

/** One connection's bytes on their way to the client. */
export class Wire {
  readonly #bufferBytes: number;
  readonly #broken: () => void;
  #writes: Part[][] = [];
  #bytes = 0;
  #full = false;
  #pace: Pace;
  #next: { cancel(): void } | undefined;
  #cutNext = false;
  #closed = false;
  #whenDrained: (() => void)[] = [];

  /**
   * @param bufferBytes - from so many bytes on the wire is full until it is empty again
   * @param broken - called when a cut write has arrived
   */
  constructor(bufferBytes: number, pace: Pace, broken: () => void) {
    this.#bufferBytes = bufferBytes;
    this.#pace = pace;
    this.#broken = broken;
  }

  /** Bytes that the client has not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#full;
  }

  write(parts: readonly Part[]): void {
    if (this.#closed) return;
    this.#writes.push([...parts]);
    this.#bytes += bytesOf(parts);
    this.#full ||= this.#bytes >= this.#bufferBytes;
    if (this.#cutNext) this.cut();
    this.#plan();
  }

  /** Calls `listener` once: when the wire is not full, or closed. */
  onceDrained(listener: () => void): void {
    if (this.#full && !this.#closed) this.#whenDrained.push(listener);
    else listener();
  }

  setPace(pace: Pace): void {
    this.#pace = pace;
    this.#next?.cancel();
    this.#next = undefined;
    this.#plan();
  }

  /**
   * Breaks the connection in the middle of the write that is on its way, or of the next one: its first
   * half still arrives, at once.
   */
  cut(): void {
    const [write] = this.#writes;
    if (write === undefined) {
      this.#cutNext = true;
      return;
    }
    this.#writes = [];
    const half = write.slice(0, Math.floor(write.length / 2));
    this.#next?.cancel();
    setImmediate(() => {
      if (this.#closed) return;
      for (const part of half) part.arrive();
      this.#broken();
    });
  }

  /** Nothing arrives any more. */
  close(): void {
    this.#closed = true;
    this.#writes = [];
    this.#bytes = 0;
    this.#next?.cancel();
    this.#drained();
  }

  #plan(): void {
    if (this.#next !== undefined || this.#writes.length === 0 || this.#closed) return;
    if (this.#pace === 'nothing') return;
    if (this.#pace === 'all') {
      const immediate = setImmediate(() => this.#take(this.#writes.length));
      this.#next = { cancel: () => clearImmediate(immediate) };
    } else {
      const timer = setTimeout(() => this.#take(1), this.#pace.everyMs);
      this.#next = { cancel: () => clearTimeout(timer) };
    }
  }

  #take(count: number): void {
    this.#next = undefined;
    for (const write of this.#writes.splice(0, count)) {
      this.#bytes -= bytesOf(write);
      for (const part of write) part.arrive();
    }
    if (this.#bytes === 0 && this.#full) this.#drained();
    this.#plan();
  }

  #drained(): void {
    this.#full = false;
    for (const listener of this.#whenDrained.splice(0)) listener();
  }
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
