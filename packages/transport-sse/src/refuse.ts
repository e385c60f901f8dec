import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type ErrorCode, NotifyError } from '@realtime-notify/core';

const statuses: Partial<Record<ErrorCode, number>> = {
  CURSOR_INVALID: 400,
  CHANNEL_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  ORIGIN_FORBIDDEN: 403,
  LIMIT_EXCEEDED: 429,
};

/** Told where an error names no time of its own. */
const retryAfterMs = 5_000;

/** The status for what coming back as it is cannot mend; undefined for everything else. */
export function refusalStatus(error: unknown): number | undefined {
  return NotifyError.is(error) ? statuses[error.code] : undefined;
}

/** Answers with a JSON body `{code, message}`. */
export function refuse(
  response: ServerResponse,
  status: number,
  body: { readonly code: string; readonly message: string; readonly returnMs?: number },
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const { code, message, returnMs = retryAfterMs } = body;
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  const retry = status === 429 ? { 'Retry-After': Math.ceil(returnMs / 1_000) } : {};
  response.writeHead(status, {
    ...headers,
    ...challenge,
    ...retry,
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify({ code, message }));
}
