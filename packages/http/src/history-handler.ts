import {
  Access,
  type AccessOptions,
  type CatalogueSchemas,
  type Logger,
  type Notifier,
  type Principal,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import { z } from 'zod';
import { admitClient } from './admit-client.js';
import type { Answer } from './answer.js';
import { type HistoryQuery, mostHistoryItems, parseHistoryQuery } from './history-query.js';
import { type Handler, route } from './route.js';

/** What {@link historyHandler} takes: one of `authenticate` and `anonymous: true`. Unknown names are errors. */
export interface HistoryOptions extends AccessOptions {
  /** Limit of the notifications in one answer as JSON, 1 MiB; the newest is always shown. */
  readonly maxPageBytes?: number | undefined;
  /** How long a client may take over its answer before it is cut, 30,000. */
  readonly answerTimeoutMs?: number | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}

/** Bounds of answers that hold notifications. */
export const pageLimitsSchema = z.strictObject({
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
  const limits = resolveOptions(pageLimitsSchema, rest, 'historyHandler');
  const { answerTimeoutMs, maxPageBytes } = limits;
  const access = new Access({ authenticate, authorize, anonymous, allowedOrigins });
  const { origins } = access;
  const { limits: counters } = notifier;
  const methods = ['GET', 'HEAD'];

  return route({ methods, logger, counters, origins, answerTimeoutMs }, async (request) => {
    const wanted = parseHistoryQuery(request.query, mostHistoryItems);
    const { principal } = await admitClient(request, access, counters);
    return historyAnswer(notifier, principal, wanted, maxPageBytes);
  });
}

/** What the store keeps for a client, newest first, with the cursor behind it. */
export async function historyAnswer<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  principal: Principal,
  { groups, sinceMs, limit }: HistoryQuery,
  maxBytes: number,
): Promise<Answer> {
  const wanted = { principal, groups, sinceMs, limit, maxBytes };
  const { items, cursor } = await notifier.history(wanted);
  return {
    status: 200,
    body: `{"items":[${items.join(',')}],"cursor":${JSON.stringify(cursor)}}`,
  };
}
