import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Logger } from '@realtime-notify/core';
import { describeFailure } from './http-status.js';

/** What a handler answers. */
export interface Answer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

/** Does nothing where the client has gone or was answered already. */
export function sendAnswer(
  response: ServerResponse,
  { status, body }: Answer,
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** Answers `{code, message, failures?}`; what the client is not to know becomes 500 `{"code":"INTERNAL"}` and is logged. */
export function sendFailure(response: ServerResponse, error: unknown, logger: Logger): void {
  const failure = describeFailure(error);
  if (failure === undefined) {
    logger.error({ err: error }, 'a request failed unexpectedly');
    sendAnswer(response, { status: 500, body: '{"code":"INTERNAL"}' });
    return;
  }
  const { status, retryAfterS, told } = failure;
  if (status === 503) logger.warn({ err: error }, 'a request could not be served now');
  sendAnswer(
    response,
    { status, body: JSON.stringify(told) },
    {
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(retryAfterS === undefined ? {} : { 'Retry-After': retryAfterS }),
      // What is left of the body is not waited for.
      ...(status === 408 ? { Connection: 'close' } : {}),
    },
  );
}
