import { TokenBucket } from '@realtime-notify/core';

/** Seconds whose frames may come at once: a client that reconnects has several things to say. */
const burstSeconds = 2;

/** How fast one client may send frames. Takes next to no memory for a client that sends none. */
export class FrameRate {
  readonly #perSecond: number;
  #bucket: TokenBucket | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Counts one frame; false where it is one too many. */
  take(): boolean {
    const now = performance.now();
    this.#bucket ??= new TokenBucket(this.#perSecond, this.#perSecond * burstSeconds, now);
    return this.#bucket.take(now);
  }
}
