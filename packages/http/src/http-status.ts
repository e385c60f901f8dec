import { type ChannelFailure, type ErrorCode, NotifyError } from '@realtime-notify/core';

/** How a code is answered over HTTP. */
export interface HttpStatus {
  readonly status: number;
  /** When trying again makes sense, in seconds. */
  readonly retryAfterS?: number;
}

/** A fault of ours or of the set-up: told to the log, not to the client. */
const internal = { status: 500 } as const;

/** The answer to every code of core's error table. */
const ofErrorCode: Readonly<Record<ErrorCode, HttpStatus>> = {
  TYPE_UNKNOWN: { status: 400 },
  DATA_INVALID: { status: 400 },
  AUDIENCE_INVALID: { status: 400 },
  CHANNEL_INVALID: { status: 400 },
  CURSOR_INVALID: { status: 400 },
  UNAUTHENTICATED: { status: 401 },
  FORBIDDEN: { status: 403 },
  ORIGIN_FORBIDDEN: { status: 403 },
  IDEMPOTENCY_CONFLICT: { status: 409 },
  HEAD_MOVED: { status: 409 },
  RECIPIENT_UNKNOWN: { status: 422 },
  RECIPIENTS_UNCHECKED: { status: 503, retryAfterS: 5 },
  DATA_TOO_LARGE: { status: 413 },
  LIMIT_EXCEEDED: { status: 429, retryAfterS: 5 },
  OVERLOADED: { status: 503, retryAfterS: 5 },
  GROUPS_UNAVAILABLE: { status: 503, retryAfterS: 5 },
  REVOKE_UNCONFIRMED: { status: 503, retryAfterS: 5 },
  STORE_UNAVAILABLE: { status: 503, retryAfterS: 5 },
  BROKER_UNAVAILABLE: { status: 503, retryAfterS: 5 },
  DIRECTORY_UNAVAILABLE: { status: 503, retryAfterS: 5 },
  NOT_STARTED: { status: 503, retryAfterS: 1 },
  CLOSED: { status: 503, retryAfterS: 1 },
  OPTIONS_INVALID: internal,
  STORE_NOT_SHARED: internal,
  AUTHENTICATION_MISSING: internal,
  TYPE_RESERVED: internal,
  INBOX_UNREADABLE: internal,
  ESCALATION_FAILED: internal,
  TRANSACTIONS_UNSUPPORTED: internal,
  PUBLISH_ONLY: internal,
  BROKER_CONFIGURATION: internal,
  DIRECTORY_MISSING: internal,
  ENVELOPE_INVALID: internal,
};

/** Codes that only exist over HTTP. */
const ofHttpCode = {
  BODY_INVALID: { status: 400 },
  PARAMETER_INVALID: { status: 400 },
  METHOD_NOT_ALLOWED: { status: 405 },
  BODY_TIMEOUT: { status: 408 },
  BODY_TOO_LARGE: { status: 413 },
  MEDIA_TYPE_UNSUPPORTED: { status: 415 },
  UNAVAILABLE: { status: 503, retryAfterS: 5 },
} as const satisfies Readonly<Record<string, HttpStatus>>;

/** The name of a failure that only exists over HTTP. */
export type HttpCode = keyof typeof ofHttpCode;

/** A request that cannot be answered as it is. */
export class HttpError extends Error {
  readonly code: HttpCode;

  /** @param message - shown to the client */
  constructor(code: HttpCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'HttpError';
    this.code = code;
  }
}

/** What a client is told of a failure. */
interface ToldFailure {
  readonly code: string;
  readonly message: string;
  /** Of a publish to several channels: each that it failed on. */
  readonly failures?: readonly ChannelFailure[];
}

/** The status of a failure, and what the client may know; undefined for one that it may not know. */
export function describeFailure(
  error: unknown,
): (HttpStatus & { readonly told: ToldFailure }) | undefined {
  if (error instanceof HttpError) {
    const { code, message } = error;
    return { ...ofHttpCode[code], told: { code, message } };
  }
  if (!NotifyError.is(error)) return undefined;
  // Another version of core may know codes that this one does not.
  const known: HttpStatus | undefined = ofErrorCode[error.code];
  if (known === undefined || known === internal) return undefined;
  const { code, message, failures, returnMs } = error;
  const when = returnMs === undefined ? {} : { retryAfterS: Math.ceil(returnMs / 1_000) };
  const told = failures === undefined ? { code, message } : { code, message, failures };
  return { ...known, ...when, told };
}
