/** Who a stream belongs to. */
export interface Principal {
  /** 1 to 200 characters without control characters; null for an anonymous client. */
  readonly userId: string | null;
  /** Groups that the client may follow unless `authorize` says otherwise. */
  readonly groups?: readonly string[];
  /** When the credential ends, in milliseconds since 1970 UTC; the stream is closed then. */
  readonly expiresAt?: number;
}
