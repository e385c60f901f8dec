import { type ErrorCode, errorCodes } from './error-codes.js';

/** Survives two installed copies of this package, where `instanceof` does not. */
const brand = Symbol.for('@realtime-notify/NotifyError');

/**
 * The only error that our packages throw or reject with on purpose.
 * `code` is stable, `retryable` follows from it, `cause` is what the driver or schema said.
 */
export class NotifyError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  /**
   * @param code - a row of {@link errorCodes}
   * @param message - what exactly happened; never contains credentials
   * @param options - the underlying error, where there is one
   */
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'NotifyError';
    this.code = code;
    this.retryable = errorCodes[code].retryable;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a NotifyError, made by this or another copy of the package. */
  static is(value: unknown): value is NotifyError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}
