import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  allowOrigin,
  calmLogger,
  type LimitCounters,
  type Logger,
  type OriginPolicy,
  preflightHeaders,
} from '@realtime-notify/core';
import { type Answer, answerOfFailure, responseOf, sendAnswer } from './answer.js';
import { HttpError } from './http-status.js';
import { type BodiedRequest, requestOfFetch, requestOfNode } from './route-request.js';
import { cutWhereUntaken, discardRest } from './slow-clients.js';

/**
 * Answers a request by itself; fits `http.createServer`, Express and whatever passes Node's own objects.
 * Resolves when the answer was handed over; never rejects.
 */
export interface Handler {
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * The same for servers of the Fetch standard, such as Hono or the route handlers of Next.js. It gives the host
   * the answer and never rejects; how long a client may take over it is the host's to watch.
   */
  readonly fetch: (request: Request) => Promise<Response>;
}

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
  answer: (request: BodiedRequest) => Promise<Answer>,
): Handler {
  const logger = calmLogger(given);

  const answerTo = async (request: BodiedRequest): Promise<Answer> => {
    try {
      const preflight = origins && preflightHeaders(origins, request, methods);
      if (preflight !== undefined) return { status: 204, headers: preflight };
      if (methods.includes(request.method)) return await answer(request);
      const refused = new HttpError('METHOD_NOT_ALLOWED', `use ${methods.join(' or ')}`);
      const { headers, ...rest } = answerOfFailure(refused, logger);
      return { ...rest, headers: { ...headers, Allow: methods.join(', ') } };
    } catch (error) {
      return answerOfFailure(error, logger);
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A broken connection shows as `close`; without a listener its error would end the process.
    response.on('error', (error) => logger.debug({ err: error }, 'an answer was not taken'));
    try {
      if (origins !== undefined) allowOrigin(origins, request, response);
      sendAnswer(response, await answerTo(requestOfNode(request)));
    } catch (error) {
      sendAnswer(response, answerOfFailure(error, logger));
    } finally {
      discardRest(request, bodyTimeoutMs, () => counters.count('bodyTime'));
      if (answerTimeoutMs !== undefined) {
        cutWhereUntaken(response, answerTimeoutMs, () => counters.count('answerTime'));
      }
    }
  };

  const fetch = async (request: Request): Promise<Response> => {
    const asked = requestOfFetch(request);
    const { headers, ...answered } = await answerTo(asked);
    // Nobody reads the rest; where it is being read still, for too long, that fails and ends with the request.
    void request.body?.cancel().catch(() => undefined);
    const cors = origins?.corsHeaders(asked.headers);
    return responseOf({ ...answered, headers: { ...cors, ...headers } }, asked.method);
  };

  return Object.assign(serve, { fetch });
}
