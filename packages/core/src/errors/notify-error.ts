import { type ErrorCode, errorCodes } from './error-codes.js';

/** Survives two installed copies of this package, where `instanceof` does not. */
const brand = Symbol.for('@realtime-notify/NotifyError');

/** A channel that a notification to several did not reach, and the code of why. */
export interface ChannelFailure {
  readonly channel: string;
  readonly code: ErrorCode;
}

/**
 * The only error that our packages throw or reject with on purpose.
 * `code` is stable, `retryable` follows from it, `cause` is what the driver or schema said.
 */
export class NotifyError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** When trying again makes sense, in milliseconds; absent where that is not known. */
  declare readonly returnMs?: number;
  /** Of a publish to several channels: each that it failed on. The others have the notification. */
  declare readonly failures?: readonly ChannelFailure[];

  /**
   * @param code - a row of {@link errorCodes}
   * @param message - what exactly happened; never contains credentials
   * @param options - the underlying error, where there is one, when to try again, what it failed on
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly returnMs?: number;
      readonly failures?: readonly ChannelFailure[];
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'NotifyError';
    this.code = code;
    this.retryable = errorCodes[code].retryable;
    if (options.returnMs !== undefined) this.returnMs = Math.ceil(options.returnMs);
    // Not enumerable: a logger that writes an error's fields would write thousands of them.
    if (options.failures !== undefined) {
      Object.defineProperty(this, 'failures', { value: options.failures });
    }
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a NotifyError, made by this or another copy of the package. */
  static is(value: unknown): value is NotifyError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}
