import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  allowOrigin,
  calmLogger,
  type LimitCounters,
  type Logger,
  type OriginPolicy,
  preflightHeaders,
} from '@realtime-notify/core';
import { type Answer, sendAnswer, sendFailure } from './answer.js';
import { HttpError } from './http-status.js';
import { cutWhereUntaken, discardRest } from './slow-clients.js';

/**
 * Answers a request by itself; fits `http.createServer`, Express and whatever passes Node's own objects.
 * Resolves when the answer was handed over; never rejects.
 */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What a handler takes and is made with. */
export interface Route {
  readonly methods: readonly string[];
  readonly logger: Logger;
  readonly counters: LimitCounters;
  /** Which pages may read the answers; absent: those of the same origin, by the browser's own rule. */
  readonly origins?: OriginPolicy;
  /** How long a client may take over its answer; absent: it is too small to matter. */
  readonly answerTimeoutMs?: number;
  /** How long the rest of a body may take that nobody reads, 10,000. */
  readonly bodyTimeoutMs?: number;
}

/** A handler of some methods: others are answered 405, failures by their code, preflights by the policy. */
export function route(
  { methods, logger: given, counters, origins, answerTimeoutMs, bodyTimeoutMs = 10_000 }: Route,
  answer: (request: IncomingMessage) => Promise<Answer>,
): Handler {
  const logger = calmLogger(given);
  return async (request, response) => {
    // A broken connection shows as `close`; without a listener its error would end the process.
    response.on('error', (error) => logger.debug({ err: error }, 'an answer was not taken'));
    try {
      if (origins !== undefined) {
        allowOrigin(origins, request, response);
        const preflight = preflightHeaders(origins, request, methods);
        if (preflight !== undefined) {
          response.writeHead(204, preflight).end();
          return;
        }
      }
      if (!methods.includes(request.method ?? '')) {
        response.setHeader('Allow', methods.join(', '));
        throw new HttpError('METHOD_NOT_ALLOWED', `use ${methods.join(' or ')}`);
      }
      sendAnswer(response, await answer(request));
    } catch (error) {
      sendFailure(response, error, logger);
    } finally {
      discardRest(request, bodyTimeoutMs, () => counters.count('bodyTime'));
      if (answerTimeoutMs !== undefined) {
        cutWhereUntaken(response, answerTimeoutMs, () => counters.count('answerTime'));
      }
    }
  };
}
