/** Who a stream belongs to. */
export interface Principal {
  /** 1 to 200 characters without control characters; null for an anonymous client. */
  readonly userId: string | null;
  /** Groups that the client may follow unless `authorize` says otherwise. */
  readonly groups?: readonly string[];
  /** When the credential ends, in milliseconds since 1970 UTC; the stream is closed then. */
  readonly expiresAt?: number;
  /** When the credential was made, in milliseconds since 1970 UTC: what was made before a revocation is void. */
  readonly issuedAt?: number;
  /** Names the login behind the credential, for revoking it alone; 1 to 200 characters. */
  readonly sessionId?: string;
  /**
   * The credential came by itself with the request, as cookies do, so that a page of another origin could
   * have made the browser send it. Absent: taken for so where the request has a cookie and neither an
   * `Authorization` header nor a hello's token.
   */
  readonly ambient?: boolean;
}
