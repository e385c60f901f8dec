import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Access,
  type CatalogueSchemas,
  type CloseReason,
  type Notifier,
  NotifyError,
  queryOf,
  Rota,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import { refusalStatus, refuse } from './refuse.js';
import { type SseOptions, sseOptionsSchema } from './sse-options.js';
import { SseOutlet } from './sse-outlet.js';

/** Serves event streams; fits `http.createServer`, Express and whatever passes Node's own objects. */
export type SseHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Makes the handler of the event stream: `GET`, `?group=` (repeatable) adds groups, `Last-Event-ID` or
 * `?cursor=` resumes. A client that may not connect gets 400, 401, 403 or 405. What is only temporary is
 * answered 200 with a `bye` event and `retry:`, because an EventSource never comes back from an error
 * status. Never throws and never rejects.
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function sseHandler<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  options: SseOptions,
): SseHandler {
  const { authenticate, authorize, anonymous, logger = silentLogger, ...rest } = options;
  const access = new Access({ authenticate, authorize, anonymous });
  const times = resolveOptions(sseOptionsSchema, rest, 'sseHandler');
  const heartbeats = new Rota<SseOutlet>(times.heartbeatMs, (outlet) => outlet.heartbeat());
  void notifier.closed.then(() => heartbeats.close());

  const open = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const query = queryOf(request.url);
    const groups = [...new Set(query.getAll('group'))];
    if (groups.length > times.maxGroups) {
      throw new NotifyError('LIMIT_EXCEEDED', `at most ${times.maxGroups} groups may be asked for`);
    }
    const principal = await access.admit(
      { headers: request.headers, query, incoming: request },
      groups,
    );
    const outlet = new SseOutlet(response, times);
    const emitter = await notifier.attach({
      principal,
      groups,
      cursor: cursorOf(request, query),
      outlet,
      isGone: () => response.destroyed,
    });
    if (emitter === undefined) return;
    const restHeartbeat = heartbeats.add(outlet);
    const left = (): void => {
      restHeartbeat();
      outlet.end();
      emitter.gone();
    };
    response.once('close', left);
    if (response.destroyed) left();
    if (times.maxAgeMs !== undefined) {
      notifier.endAt(emitter, Date.now() + times.maxAgeMs, { code: 'MAX_AGE', returnMs: 0 });
    }
  };

  return (request, response) => {
    // A broken connection shows as `close`; without a listener its error would end the process.
    response.on('error', (error) => logger.debug({ err: error }, 'an event stream broke'));
    if (request.method !== 'GET') {
      refuse(response, 405, { code: 'METHOD_NOT_ALLOWED', message: 'use GET' }, { Allow: 'GET' });
      return;
    }
    open(request, response).catch((error: unknown) => {
      const status = refusalStatus(error);
      if (status !== undefined && NotifyError.is(error)) {
        refuse(response, status, { code: error.code, message: error.message });
        return;
      }
      logger.warn({ err: error }, 'an event stream could not be opened now');
      new SseOutlet(response, times).close(comeBack(error));
    });
  };
}

/** An EventSource sends the header when it reconnects by itself, the URL still has the first cursor. */
function cursorOf(request: IncomingMessage, query: URLSearchParams): string | undefined {
  const header = request.headers['last-event-id'];
  if (typeof header === 'string' && header !== '') return header;
  return query.get('cursor') ?? undefined;
}

function comeBack(error: unknown): CloseReason {
  const draining = NotifyError.is(error) && error.code === 'CLOSED';
  return {
    code: draining ? 'DRAINING' : 'UNAVAILABLE',
    returnMs: 1_000 + Math.round(Math.random() * 4_000),
  };
}
