import { lacksChangeStreams } from './driver-errors.js';

/** What is used of a change stream. */
export interface Changes {
  tryNext(): Promise<unknown>;
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** What a {@link CommitStream} works with. */
export interface CommitStreamContext {
  /** Asks for the changes that tell of commits. */
  open(): Promise<Changes>;
  /** Between two attempts, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Tells of commits by a change stream, as long as somebody watches. The driver resumes it where it can; otherwise
 * it is opened anew after a while, and whoever watches is told in case something was missed. Where the server has
 * none nobody is told anything.
 */
export class CommitStream {
  readonly #context: CommitStreamContext;
  readonly #watchers = new Set<() => void>();
  #stage: 'created' | 'started' | 'closed' = 'created';
  #changes: Changes | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts streams: what one that was left says means nothing. */
  #turn = 0;
  #isFollowing = false;

  constructor(context: CommitStreamContext) {
    this.#context = context;
  }

  start(): void {
    if (this.#stage === 'created') this.#stage = 'started';
    this.#begin();
  }

  watch(due: () => void): () => void {
    const watcher = (): void => due();
    if (this.#stage !== 'closed') this.#watchers.add(watcher);
    this.#begin();
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#end();
    };
  }

  close(): void {
    this.#stage = 'closed';
    this.#watchers.clear();
    this.#end();
  }

  #begin(): void {
    if (this.#stage !== 'started' || this.#watchers.size === 0 || this.#isFollowing) return;
    this.#isFollowing = true;
    this.#turn += 1;
    void this.#follow(this.#turn);
  }

  #end(): void {
    this.#isFollowing = false;
    this.#turn += 1;
    clearTimeout(this.#timer);
    void this.#changes?.close().catch(() => undefined);
    this.#changes = undefined;
  }

  /** Never rejects. */
  async #follow(turn: number): Promise<void> {
    let changes: Changes | undefined;
    try {
      changes = await this.#context.open();
      if (turn !== this.#turn) return;
      this.#changes = changes;
      // Once it has answered it is open: what was committed before that is not told.
      await changes.tryNext();
      while (turn === this.#turn) {
        this.#tell();
        await changes.next();
      }
    } catch (error) {
      if (turn === this.#turn && !lacksChangeStreams(error)) this.#later(turn);
    } finally {
      await changes?.close().catch(() => undefined);
    }
  }

  #later(turn: number): void {
    const delayMs = this.#context.waitMs * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#follow(turn), delayMs).unref();
  }

  #tell(): void {
    for (const due of [...this.#watchers]) due();
  }
}
