import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Access,
  allowOrigin,
  type CatalogueSchemas,
  type CloseReason,
  calmLogger,
  type Logger,
  type Notifier,
  NotifyError,
  preflightHeaders,
  queryOf,
  Revalidation,
  Rota,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import type { z } from 'zod';
import { refusalStatus, refuse } from './refuse.js';
import { type SseOptions, sseOptionsSchema } from './sse-options.js';
import { SseOutlet } from './sse-outlet.js';

/** Serves event streams; fits `http.createServer`, Express and whatever passes Node's own objects. */
export type SseHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Makes the handler of the event stream: `GET`, `?group=` (repeatable) adds groups, `Last-Event-ID` or
 * `?cursor=` resumes. A client that may not connect gets 400, 401, 403, 405 or 429. What is only temporary
 * is answered 200 with a `bye` event and `retry:`, because an EventSource never comes back from an error
 * status. Never throws and never rejects.
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function sseHandler<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  options: SseOptions,
): SseHandler {
  const { logger: given = silentLogger, clientIp = addressOf, ...others } = options;
  const logger = calmLogger(given);
  const { authenticate, authorize, anonymous, allowedOrigins, revalidate, ...rest } = others;
  const access = new Access({ authenticate, authorize, anonymous, allowedOrigins, revalidate });
  const settings = resolveOptions(sseOptionsSchema, rest, 'sseHandler');
  const stalled = (): void => notifier.limits.count('stalled');
  const endpoint = new SseEndpoint({ notifier, access, logger, clientIp, stalled, ...settings });
  return (request, response) => endpoint.take(request, response);
}

interface EndpointContext<Schemas extends CatalogueSchemas>
  extends z.output<typeof sseOptionsSchema> {
  readonly notifier: Notifier<Schemas>;
  readonly access: Access;
  readonly logger: Logger;
  readonly clientIp: (request: IncomingMessage) => string;
  stalled(): void;
}

/** One route's streams, from the request to the emitter. */
class SseEndpoint<Schemas extends CatalogueSchemas> {
  readonly #context: EndpointContext<Schemas>;
  readonly #heartbeats: Rota<SseOutlet>;
  readonly #revalidation: Revalidation;

  constructor(context: EndpointContext<Schemas>) {
    const { notifier, access, heartbeatMs, revalidateMs, logger } = context;
    this.#context = context;
    this.#revalidation = new Revalidation(access, notifier, revalidateMs, logger);
    this.#heartbeats = new Rota(heartbeatMs, (outlet) => outlet.heartbeat());
    void notifier.closed.then(() => this.#heartbeats.close());
  }

  /** Answers a request. Never throws. */
  take(request: IncomingMessage, response: ServerResponse): void {
    const { access, logger } = this.#context;
    // A broken connection shows as `close`; without a listener its error would end the process.
    response.on('error', (error) => logger.debug({ err: error }, 'an event stream broke'));
    // Behind another answer (pipelining) it might wait for ever, and would never hear of its end.
    if (response.socket === null) {
      request.socket.destroy();
      return;
    }
    allowOrigin(access.origins, request, response);
    this.#open(request, response).catch((error: unknown) => this.#turnAway(response, error));
  }

  async #open(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { notifier, access, clientIp, maxAgeMs } = this.#context;
    if (this.#isAnswered(request, response)) return;
    const place = notifier.connections.enter(clientIp(request));
    const leave = onceClosed(response, () => notifier.connections.leave(place));
    const admittedAt = Date.now();
    const query = queryOf(request.url);
    const groups = this.#groupsOf(query);
    const principal = await access.admit(
      { headers: request.headers, query, incoming: request },
      groups,
    );
    if (leave.left) return;
    const outlet = new SseOutlet(response, this.#context);
    const emitter = await notifier.attach({
      principal,
      admittedAt,
      groups,
      cursor: cursorOf(request, query),
      outlet,
      isGone: () => response.destroyed,
    });
    if (emitter === undefined) return;
    this.#heartbeats.add(outlet);
    this.#revalidation.watch(emitter);
    onceClosed(response, () => {
      this.#heartbeats.remove(outlet);
      outlet.end();
      emitter.gone();
    });
    if (maxAgeMs !== undefined) {
      emitter.endAt(Date.now() + maxAgeMs, { code: 'MAX_AGE', returnMs: 0 });
    }
  }

  /** Whether it was a preflight, or not `GET`. */
  #isAnswered(request: IncomingMessage, response: ServerResponse): boolean {
    const preflight = preflightHeaders(this.#context.access.origins, request, ['GET']);
    if (preflight !== undefined) {
      response.writeHead(204, preflight).end();
      return true;
    }
    if (request.method === 'GET') return false;
    refuse(response, 405, { code: 'METHOD_NOT_ALLOWED', message: 'use GET' }, { Allow: 'GET' });
    return true;
  }

  #groupsOf(query: URLSearchParams): readonly string[] {
    const { notifier, maxGroups } = this.#context;
    const groups = [...new Set(query.getAll('group'))];
    if (groups.length <= maxGroups) return groups;
    throw notifier.limits.exceeded(
      'groupsPerRequest',
      `at most ${maxGroups} groups may be asked for`,
    );
  }

  #turnAway(response: ServerResponse, error: unknown): void {
    const { logger } = this.#context;
    const status = refusalStatus(error);
    if (status !== undefined && NotifyError.is(error)) {
      refuse(response, status, error);
      return;
    }
    // Too many clients must not become too many lines.
    const isExpected = NotifyError.is(error) && error.code === 'OVERLOADED';
    logger[isExpected ? 'debug' : 'warn'](
      { err: error },
      'an event stream could not be opened now',
    );
    new SseOutlet(response, this.#context).close(comeBack(error));
  }
}

/** Calls `left` once when the response has ended, at once where it has. */
function onceClosed(response: ServerResponse, left: () => void): { readonly left: boolean } {
  const state = { left: false };
  const leave = (): void => {
    state.left = true;
    left();
  };
  if (response.closed || response.destroyed) leave();
  else response.once('close', leave);
  return state;
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

/** An EventSource sends the header when it reconnects by itself, the URL still has the first cursor. */
function cursorOf(request: IncomingMessage, query: URLSearchParams): string | undefined {
  const header = request.headers['last-event-id'];
  if (typeof header === 'string' && header !== '') return header;
  return query.get('cursor') ?? undefined;
}

function comeBack(error: unknown): CloseReason {
  const draining = NotifyError.is(error) && error.code === 'CLOSED';
  const told = NotifyError.is(error) ? error.returnMs : undefined;
  return {
    code: draining ? 'DRAINING' : 'UNAVAILABLE',
    returnMs: told ?? 1_000 + Math.round(Math.random() * 4_000),
  };
}
