/** Survives two installed copies of this package, where `instanceof` does not. */
const brand = Symbol.for('@realtime-notify/RetryLater');

/**
 * What `decode`, `map` or `eventId` of a source throws when the record is not at fault: a schema registry or
 * a database does not answer. The partition waits and the record is tried again; anything else that they
 * throw makes the record a dead letter.
 */
export class RetryLater extends Error {
  /**
   * @param message - what does not answer; never contains credentials
   * @param options - the underlying error, where there is one
   */
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RetryLater';
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a RetryLater, made by this or another copy of the package. */
  static is(value: unknown): value is RetryLater {
    return typeof value === 'object' && value !== null && brand in value;
  }
}
