/** What is needed of a stream to wait for it: a socket or a response. */
export interface Drainable {
  readonly writableNeedDrain: boolean;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

/** Calls `listener` once: now, where little is buffered, else when the stream has drained or closed. */
export function whenDrained(stream: Drainable, listener: () => void): void {
  if (!stream.writableNeedDrain) {
    listener();
    return;
  }
  const settle = (): void => {
    stream.off('drain', settle);
    stream.off('close', settle);
    listener();
  };
  stream.on('drain', settle);
  stream.on('close', settle);
}
