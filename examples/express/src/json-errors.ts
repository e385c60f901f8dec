import type { Logger } from '@realtime-notify/core';
import type { ErrorRequestHandler, RequestHandler } from 'express';

const codes: ReadonlyMap<number, string> = new Map([
  [400, 'BODY_INVALID'],
  [413, 'BODY_TOO_LARGE'],
  [415, 'MEDIA_TYPE_UNSUPPORTED'],
]);

/** 404 as JSON. */
export const answerNotFound: RequestHandler = (_request, response) => {
  response.status(404).json({ code: 'NOT_FOUND', message: 'there is nothing here' });
};

/** What Express and its body parser refuse, as JSON; everything else is 500 without details, and logged. */
export function answerError(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = clientFault(error);
    if (status !== undefined) {
      const code = codes.get(status) ?? 'REQUEST_INVALID';
      response.status(status).json({ code, message: 'the request cannot be read' });
      return;
    }
    logger.error({ err: error }, 'a request failed unexpectedly');
    response.status(500).json({ code: 'INTERNAL' });
  };
}

function clientFault(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
