import { type ShardKeys, shardKeys } from './directory-keys.js';

/** What is to be written of a shard in one call. */
export interface ShardWrite {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** One part of the directory as this node sees it: whom it holds, and what Redis has said of them. */
export class Shard {
  readonly keys: ShardKeys;
  /** Users that this node holds. */
  readonly #wanted = new Set<string>();
  /** Users whose entries stand, as far as Redis has said. */
  readonly #standing = new Set<string>();
  /** Users of whom something is to be written. */
  readonly #touched = new Set<string>();
  /** Users who could not be found here for a while. */
  readonly #missed = new Set<string>();
  /** What an earlier node of this id has left is out. */
  cleared = false;
  /** What stands may be older than what Redis has said: a replica that became master was behind, say. */
  doubted = false;

  constructor(prefix: string, index: number) {
    this.keys = shardKeys(prefix, index);
  }

  get standing(): number {
    return this.#standing.size;
  }

  want(userId: string): void {
    this.#wanted.add(userId);
    this.#touched.add(userId);
  }

  unwant(userId: string): void {
    this.#wanted.delete(userId);
    this.#missed.delete(userId);
    this.#touched.add(userId);
  }

  /** Up to `most` users that are to be written, taken from those that wait; undefined where none is. */
  take(most: number): ShardWrite | undefined {
    if (this.#touched.size === 0) return undefined;
    const added: string[] = [];
    const removed: string[] = [];
    for (const userId of this.#touched) {
      if (added.length + removed.length === most) break;
      this.#touched.delete(userId);
      (this.#wanted.has(userId) ? added : removed).push(userId);
    }
    return { added, removed };
  }

  wrote({ added, removed }: ShardWrite): void {
    for (const userId of added) this.#standing.add(userId);
    for (const userId of removed) this.#standing.delete(userId);
  }

  /** It may have been done or not: it is to be done again. */
  failed({ added, removed }: ShardWrite): void {
    for (const userId of added) if (this.#wanted.has(userId)) this.#missed.add(userId);
    for (const userId of [...added, ...removed]) this.#touched.add(userId);
  }

  /** Redis does not have all that stood: whatever is wanted is to be written again. */
  lost(): void {
    for (const userId of this.#standing) if (this.#wanted.has(userId)) this.#missed.add(userId);
    this.#standing.clear();
    for (const userId of this.#wanted) this.#touched.add(userId);
  }

  /** Whatever of it is other than it should be is to be written again. */
  compare(held: readonly string[]): void {
    for (const userId of held) if (!this.#wanted.has(userId)) this.#touched.add(userId);
    const there = new Set(held);
    for (const userId of this.#standing) {
      if (there.has(userId)) continue;
      this.#standing.delete(userId);
      if (!this.#wanted.has(userId)) continue;
      this.#missed.add(userId);
      this.#touched.add(userId);
    }
  }

  /** Those who could not be found for a while and can be now; told once. */
  found(): readonly string[] {
    const found = [...this.#missed].filter((userId) => this.#standing.has(userId));
    for (const userId of found) this.#missed.delete(userId);
    return found;
  }
}
