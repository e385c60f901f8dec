import { backoffMs, pause } from '../deadline.js';
import type { FetchPlace } from '../node-connection.js';
import type { Membership } from './group-membership.js';

const firstPauseMs = 50;
const longestPauseMs = 2_000;

/**
 * Commits how far each partition is done: one request at a time, with what came up meanwhile in the next.
 * A place is committed in the generation in which the partition was ours, which Kafka refuses once the
 * group went on, and never for a partition that is not ours any more.
 */
export class OffsetCommitter {
  readonly #commit: (member: Membership, places: readonly FetchPlace[]) => Promise<void>;
  readonly #abort = new AbortController();
  readonly #waiting = new Map<string, FetchPlace>();
  #member: Membership | undefined;
  #pumping: Promise<void> | undefined;

  constructor(commit: (member: Membership, places: readonly FetchPlace[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** What is ours changed. */
  become(member: Membership | undefined): void {
    this.#member = member;
    for (const [key, place] of this.#waiting) if (!this.#isOurs(place)) this.#waiting.delete(key);
    this.#start();
  }

  /** Everything before `offset` is done. */
  done(place: FetchPlace): void {
    if (!this.#isOurs(place)) return;
    this.#waiting.set(`${place.topic}/${place.partition}`, place);
    this.#start();
  }

  /** Resolves when all is committed, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#pumping !== undefined) await pause(timeoutMs, this.#abort.signal, this.#pumping);
  }

  /** Commits nothing more. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#waiting.clear();
    await this.#pumping;
  }

  #start(): void {
    if (this.#abort.signal.aborted || this.#waiting.size === 0) return;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      this.#start();
    });
  }

  async #pump(): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 0; this.#waiting.size > 0 && !signal.aborted; ) {
      const member = this.#member;
      if (member === undefined) return;
      const places = [...this.#waiting];
      this.#waiting.clear();
      try {
        await this.#commit(
          member,
          places.map(([, place]) => place),
        );
        attempt = 0;
      } catch {
        // Nothing is lost by committing later; the membership finds out what is the matter.
        for (const [key, place] of places) {
          if (!this.#waiting.has(key) && this.#isOurs(place)) this.#waiting.set(key, place);
        }
        await pause(backoffMs(attempt, firstPauseMs, longestPauseMs), signal);
        attempt += 1;
      }
    }
  }

  #isOurs({ topic, partition }: FetchPlace): boolean {
    return this.#member?.assigned[topic]?.includes(partition) ?? false;
  }
}
