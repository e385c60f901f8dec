/**
 * What a session needs of the connection below it.
 * Promises: messages leave in call order; nothing throws; after `close` all calls do nothing.
 */
export interface SessionSocket {
  /** Sends one text message. */
  send(text: string): void;
  /** Writes messages that are framed already, shared with other connections. */
  writeFrames(frames: Buffer): void;
  /** Bytes not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Calls `listener` once, when little is buffered or the connection is closed. */
  onceDrained(listener: () => void): void;
  /** Ends the connection with a close code (RFC 6455, 7.4) and a reason of at most 123 bytes. */
  close(code: number, reason: string): void;
}

/** What a session is told of the connection. Its methods never throw. */
export interface Session {
  message(text: string): void;
  /** The connection is gone. */
  gone(): void;
}
