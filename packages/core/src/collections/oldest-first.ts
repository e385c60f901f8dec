/**
 * A map in the order in which entries were set last. Its oldest entry is found at once: a Map of which the
 * first entries were deleted steps over them each time it is asked for its first, until it is built anew.
 */
export class OldestFirst<Key, Value> {
  readonly #map = new Map<Key, Value>();
  /** Stands behind {@link #front}, which is the oldest; before it there are deleted entries only. */
  #rest = this.#map.entries();
  #front: readonly [Key, Value] | undefined;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  /** The entry becomes the newest. */
  set(key: Key, value: Value): void {
    this.delete(key);
    this.#map.set(key, value);
  }

  delete(key: Key): void {
    this.#map.delete(key);
    if (this.#front?.[0] === key) this.#front = undefined;
  }

  clear(): void {
    this.#map.clear();
    this.#front = undefined;
  }

  /** The entry that was set longest ago; undefined where there is none. */
  oldest(): readonly [Key, Value] | undefined {
    this.#front ??= this.#next();
    return this.#front;
  }

  #next(): readonly [Key, Value] | undefined {
    const next = this.#rest.next();
    if (next.done !== true) return next.value;
    // An iterator that has ended does not see what is set later.
    this.#rest = this.#map.entries();
    const first = this.#rest.next();
    return first.done === true ? undefined : first.value;
  }
}
