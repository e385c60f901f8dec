/** Why the server ends a stream; told to the client in `bye` and in the close code. */
export type CloseCode =
  | 'SLOW_CONSUMER'
  | 'EXPIRED'
  | 'REVOKED'
  | 'FORBIDDEN'
  | 'MAX_AGE'
  | 'DRAINING'
  | 'UNAVAILABLE'
  | 'UNRESPONSIVE'
  | 'CLOSED';

/** A close with the time after which the client may come back; null where it should not by itself. */
export interface CloseReason {
  readonly code: CloseCode;
  readonly returnMs: number | null;
}
