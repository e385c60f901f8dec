import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';

/** Cuts the connection of a client that has not taken its whole answer after `ms`. */
export function cutWhereUntaken(response: ServerResponse, ms: number, late: () => void): void {
  if (response.destroyed) return;
  const timer = cutAfter(response, ms, late);
  response.once('close', () => clearTimeout(timer));
}

/**
 * Lets a client that has its answer send the rest of its body, for `ms`: to cut it at once would keep the
 * answer from it.
 */
export function discardRest(request: IncomingMessage, ms: number, late: () => void): void {
  if (request.complete || request.destroyed) return;
  const timer = cutAfter(request, ms, late);
  finished(request, () => clearTimeout(timer));
  request.resume();
}

function cutAfter(
  stream: IncomingMessage | ServerResponse,
  ms: number,
  late: () => void,
): NodeJS.Timeout {
  const timer = setTimeout(() => {
    late();
    stream.destroy();
  }, ms);
  return timer.unref();
}
