import type { Logger } from '@realtime-notify/core';

/** A status and what is sent as JSON with it. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: { readonly code: string; readonly message?: string };
}

export const notFound: JsonAnswer = {
  status: 404,
  body: { code: 'NOT_FOUND', message: 'there is nothing here' },
};

const codes: ReadonlyMap<number, string> = new Map([
  [400, 'BODY_INVALID'],
  [413, 'BODY_TOO_LARGE'],
  [415, 'MEDIA_TYPE_UNSUPPORTED'],
]);

/** The answer to what a framework or its body parser refuses; to all else 500 without details, logged. */
export function answerToError(error: unknown, logger: Logger): JsonAnswer {
  const status = clientFault(error);
  if (status === 404) return notFound;
  if (status !== undefined) {
    const code = codes.get(status) ?? 'REQUEST_INVALID';
    return { status, body: { code, message: 'the request cannot be read' } };
  }
  logger.error({ err: error }, 'a request failed unexpectedly');
  return { status: 500, body: { code: 'INTERNAL' } };
}

function clientFault(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
