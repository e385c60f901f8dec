import { promisify } from 'node:util';

/**
 * Knows how many `setImmediate` callbacks of this process are still to come. They stay real: what needs
 * no time to pass happens by itself, and what the process reads from sockets too.
 */
export class CountedImmediates {
  readonly #set = globalThis.setImmediate;
  readonly #clear = globalThis.clearImmediate;
  readonly #pending = new Set<NodeJS.Immediate>();

  constructor() {
    const set = <Args extends unknown[]>(callback: (...args: Args) => void, ...args: Args) => {
      const immediate = this.#set(() => {
        this.#pending.delete(immediate);
        callback(...args);
      });
      this.#pending.add(immediate);
      return immediate;
    };
    globalThis.setImmediate = Object.assign(set, {
      __promisify__: this.#set.__promisify__,
      [promisify.custom]: Reflect.get(this.#set, promisify.custom),
    });
    globalThis.clearImmediate = (immediate) => {
      if (typeof immediate === 'object') this.#pending.delete(immediate);
      this.#clear(immediate);
    };
  }

  /** Resolves when none is left and no promise waits for another. */
  async drained(): Promise<void> {
    do await new Promise<void>((resolve) => this.#set(() => resolve()));
    while (this.#pending.size > 0);
  }

  restore(): void {
    globalThis.setImmediate = this.#set;
    globalThis.clearImmediate = this.#clear;
  }
}
