/**
 * Settles as `work` does, or rejects with `late()` after `ms`. What `work` does later is ignored.
 * After a stall of this process timers come before the sockets are read; so an answer that is here by
 * then still counts.
 */
export function withinMs<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(late())), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
