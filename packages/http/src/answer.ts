import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Logger } from '@realtime-notify/core';
import { describeFailure } from './http-status.js';

/** What a route answers. */
export interface Answer {
  readonly status: number;
  /** JSON text; absent: an answer without a body. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `{code, message, failures?}`; what the client is not to know becomes 500 `{"code":"INTERNAL"}` and is logged. */
export function answerOfFailure(error: unknown, logger: Logger): Answer {
  const failure = describeFailure(error);
  if (failure === undefined) {
    logger.error({ err: error }, 'a request failed unexpectedly');
    return { status: 500, body: '{"code":"INTERNAL"}' };
  }
  const { status, retryAfterS, told } = failure;
  if (status === 503) logger.warn({ err: error }, 'a request could not be served now');
  const headers = {
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) }),
    // What is left of the body is not waited for.
    ...(status === 408 ? { Connection: 'close' } : {}),
  };
  return { status, body: JSON.stringify(told), headers };
}

/** Does nothing where the client has gone or was answered already. */
export function sendAnswer(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const outgoing: OutgoingHttpHeaders = { ...headers };
  if (body === undefined) {
    response.writeHead(status, outgoing).end();
    return;
  }
  response.writeHead(status, {
    ...outgoing,
    ...jsonHeaders,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** The answer as the Fetch standard has it. */
export function responseOf({ status, body, headers }: Answer, method: string): Response {
  if (body === undefined) return new Response(null, { status, headers: { ...headers } });
  const sent = method === 'HEAD' ? null : body;
  return new Response(sent, { status, headers: { ...headers, ...jsonHeaders } });
}

const jsonHeaders = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
};
