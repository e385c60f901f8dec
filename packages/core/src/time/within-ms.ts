/**
 * Settles as `work` does, or rejects with `late()` after `ms`, or as soon as `signal` aborts. What `work` does later
 * is ignored.
 * After a stall of this process timers come before the sockets are read; so an answer that is here by
 * then still counts.
 */
export function withinMs<T>(
  work: Promise<T>,
  ms: number,
  late: () => Error,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cutOff);
    };
    const cutOff = (): void => {
      end();
      reject(late());
    };
    const timer = setTimeout(() => setImmediate(cutOff), ms);
    signal?.addEventListener('abort', cutOff);
    if (signal?.aborted === true) cutOff();
    work.then(resolve, reject).finally(end);
  });
}
