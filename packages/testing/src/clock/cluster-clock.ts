/** What moves the time of a cluster. */
export interface ClusterClock {
  /** Lets so much time pass, in milliseconds, and everything happen that is due in it. */
  advance(ms: number): Promise<void>;
  /** Lets happen what needs no time to pass. */
  drain(): Promise<void>;
  /** Gives the process its own clock back. */
  restore(): void;
}

/** The process's own clock: time passes by itself, and `advance` waits. */
export const realClock: ClusterClock = Object.freeze({
  advance: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  drain: () => new Promise<void>((resolve) => setImmediate(resolve)),
  restore: () => {},
});
