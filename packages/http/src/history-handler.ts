import {
  Access,
  type AccessOptions,
  type CatalogueSchemas,
  type Logger,
  type Notifier,
  queryOf,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import { z } from 'zod';
import { parseHistoryQuery } from './history-query.js';
import { hostDecision } from './host-decision.js';
import { type Handler, route } from './route.js';

/** As many as a stream takes, so that its cursor is accepted there. */
const maxGroups = 30;

/** What {@link historyHandler} takes: one of `authenticate` and `anonymous: true`. Unknown names are errors. */
export interface HistoryOptions extends AccessOptions {
  /** Limit of the notifications in one answer as JSON, 1 MiB; the newest is always shown. */
  readonly maxPageBytes?: number | undefined;
  /** How long a client may take over its answer before it is cut, 30,000. */
  readonly answerTimeoutMs?: number | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}

const limitsSchema = z.strictObject({
  maxPageBytes: z
    .int()
    .min(1)
    .default(1024 * 1024),
  answerTimeoutMs: z.number().min(1).default(30_000),
});

/**
 * Makes the handler of the look back: `GET` with `?since=` (milliseconds since 1970 UTC, or an ISO 8601 time
 * with its zone), `?limit=` (default 50, more than 200 gives 200) and `?group=` (repeatable, at most 30).
 * Answers `{"items":[...],"cursor":"..."}`, newest first; a stream that begins at the cursor shows exactly
 * what came after. There are fewer items than asked for where they would exceed `maxPageBytes`: the oldest are
 * left out, which changes nothing about the cursor. A client that may not look is answered 401, 403 or 429 with `{code, message}`.
 * @throws NotifyError `AUTHENTICATION_MISSING` or `OPTIONS_INVALID`
 */
export function historyHandler<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  options: HistoryOptions,
): Handler {
  const { authenticate, authorize, anonymous, allowedOrigins, ...others } = options;
  const { revalidate: _, logger = silentLogger, ...rest } = others;
  const { maxPageBytes: maxBytes, answerTimeoutMs } = resolveOptions(
    limitsSchema,
    rest,
    'historyHandler',
  );
  const access = new Access({ authenticate, authorize, anonymous, allowedOrigins });
  const { origins } = access;
  const { limits: counters } = notifier;
  const methods = ['GET', 'HEAD'];

  return route({ methods, logger, counters, origins, answerTimeoutMs }, async (request) => {
    const query = queryOf(request.url);
    const { groups, sinceMs, limit } = parseHistoryQuery(query);
    if (groups.length > maxGroups) {
      throw counters.exceeded('groupsPerRequest', `at most ${maxGroups} groups may be asked for`);
    }
    const principal = await hostDecision(() =>
      access.admit({ headers: request.headers, query, incoming: request }, groups),
    );
    const wanted = { principal, groups, sinceMs, limit, maxBytes };
    const { items, cursor } = await notifier.history(wanted);
    return {
      status: 200,
      body: `{"items":[${items.join(',')}],"cursor":${JSON.stringify(cursor)}}`,
    };
  });
}
