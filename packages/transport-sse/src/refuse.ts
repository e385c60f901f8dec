import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type ErrorCode, NotifyError } from '@realtime-notify/core';

const statuses: Partial<Record<ErrorCode, number>> = {
  CURSOR_INVALID: 400,
  CHANNEL_INVALID: 400,
  LIMIT_EXCEEDED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
};

/** The status for what trying again cannot mend; undefined for everything else. */
export function refusalStatus(error: unknown): number | undefined {
  return NotifyError.is(error) ? statuses[error.code] : undefined;
}

/** Answers with a JSON body `{code, message}`. */
export function refuse(
  response: ServerResponse,
  status: number,
  body: { readonly code: string; readonly message: string },
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  response.writeHead(status, {
    ...headers,
    ...challenge,
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(body));
}
