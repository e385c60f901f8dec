import { type CloseCode, type ErrorCode, NotifyError } from '@realtime-notify/core';

/** Close codes by what ends a connection (RFC 6455, 7.4; 4000 to 4999 are ours). PROTOCOL.md lists them. */
export const closeCodes = Object.freeze({
  CLOSED: 1001,
  UNSUPPORTED_DATA: 1003,
  DRAINING: 1012,
  BAD_FRAME: 4400,
  UNAUTHENTICATED: 4401,
  FORBIDDEN: 4403,
  HELLO_TIMEOUT: 4408,
  EXPIRED: 4409,
  SLOW_CONSUMER: 4410,
  MAX_AGE: 4411,
  UNRESPONSIVE: 4412,
  REVOKED: 4413,
  LIMIT_EXCEEDED: 4429,
  UNAVAILABLE: 4503,
} as const satisfies Record<CloseCode, number> & Record<string, number>);

/** What {@link closeCodes} names. */
export type CloseName = keyof typeof closeCodes;

const names: Partial<Record<ErrorCode, CloseName>> = {
  CURSOR_INVALID: 'BAD_FRAME',
  CHANNEL_INVALID: 'BAD_FRAME',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  ORIGIN_FORBIDDEN: 'FORBIDDEN',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  CLOSED: 'DRAINING',
};

/** How a connection ends that could not be opened; what is only temporary ends as `UNAVAILABLE`. */
export function closeNameOf(error: unknown): CloseName {
  return (NotifyError.is(error) ? names[error.code] : undefined) ?? 'UNAVAILABLE';
}

const comesBack: ReadonlySet<CloseName> = new Set(['UNAVAILABLE', 'DRAINING', 'LIMIT_EXCEEDED']);

/** When the client may come back after such an end; null where nothing would have changed. */
export function returnMsAfter(name: CloseName): number | null {
  return comesBack.has(name) ? 1_000 + Math.round(Math.random() * 4_000) : null;
}
