import {
  type AllowedOrigins,
  type Audience,
  type CatalogueSchemas,
  type Logger,
  looksAmbient,
  type Notifier,
  NotifyError,
  type NotifyRequest,
  OriginPolicy,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import { z } from 'zod';
import { hostDecision } from './host-decision.js';
import { HttpError } from './http-status.js';
import { readJson } from './read-json.js';
import { type Handler, route } from './route.js';
import type { RouteRequest } from './route-request.js';

/**
 * Whether a request may publish, asked before its body is read. False is answered 403; rejecting with
 * `UNAUTHENTICATED` 401; any other failure 503.
 */
export type AuthorizePublish = (request: RouteRequest) => Promise<boolean> | boolean;

/** What {@link publishHandler} takes: one of `authorizePublish` and `open: true`. Unknown names are errors. */
export interface PublishOptions {
  readonly authorizePublish?: AuthorizePublish | undefined;
  /** Lets everybody who reaches this route publish to anybody; written out so that nobody forgets. */
  readonly open?: boolean | undefined;
  /**
   * Pages of other origins that may publish, default none. A request with a cookie, and without an
   * `Authorization` header, must come from a page of the same or a listed origin (CSRF).
   */
  readonly allowedOrigins?: AllowedOrigins | undefined;
  /** Limit of the body, 128 KiB. */
  readonly maxBodyBytes?: number | undefined;
  /** How long the body may take to arrive, 10,000; also what is left of one that was refused. */
  readonly bodyTimeoutMs?: number | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}

const limitsSchema = z.strictObject({
  maxBodyBytes: z
    .int()
    .min(1)
    .default(128 * 1024),
  bodyTimeoutMs: z.number().min(1).default(10_000),
});

/** Audience, type and data, also absent ones, are checked by the notifier. */
const bodySchema = z.strictObject({
  to: z.unknown().optional(),
  type: z.string(),
  data: z.unknown().optional(),
  idempotencyKey: z.string().min(1).max(200).optional(),
  durable: z.boolean().optional(),
});

/**
 * Makes the handler that publishes: `POST` of JSON `{to, type, data, idempotencyKey?, durable?}`, with the
 * trace context of a `traceparent` header. Answers the notifier's result: 202 where it was taken on, also
 * where it is buffered, 200 where the idempotency key shows that it had been before; else `{code, message}`
 * with the code's status, and `failures` where it failed on some of several channels only.
 * @throws NotifyError `AUTHENTICATION_MISSING` without `authorizePublish` and without `open: true`;
 *   `OPTIONS_INVALID`
 */
export function publishHandler<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  options: PublishOptions,
): Handler {
  const { authorizePublish, open, allowedOrigins, logger = silentLogger, ...rest } = options;
  const limits = resolveOptions(limitsSchema, rest, 'publishHandler');
  const mayPublish = guardOf(authorizePublish, open);
  const origins = new OriginPolicy(allowedOrigins, 'publishHandler');

  const { bodyTimeoutMs } = limits;
  const rules = { methods: ['POST'], logger, counters: notifier.limits, origins, bodyTimeoutMs };

  return route(rules, async (request) => {
    const { headers } = request;
    if (looksAmbient(headers)) origins.checkAmbient(headers);
    else origins.check(headers);
    if (!(await hostDecision(() => mayPublish(request)))) {
      throw new NotifyError('FORBIDDEN', 'publishing is not allowed here');
    }
    const body = requestOf(await readJson(request, limits, notifier.limits));
    const { traceparent } = headers;
    const result = await notifier.notifyUnchecked({
      ...body,
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
    });
    return { status: result.duplicate ? 200 : 202, body: JSON.stringify(result) };
  });
}

function guardOf(
  authorizePublish: AuthorizePublish | undefined,
  open: boolean | undefined,
): AuthorizePublish {
  if (authorizePublish !== undefined && open === true) {
    throw new NotifyError('OPTIONS_INVALID', 'publishHandler: `open` contradicts authorizePublish');
  }
  if (authorizePublish === undefined && open !== true) {
    throw new NotifyError(
      'AUTHENTICATION_MISSING',
      'publishHandler: pass `authorizePublish`, or write out `open: true`',
    );
  }
  return authorizePublish ?? (() => true);
}

function requestOf(body: unknown): NotifyRequest {
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) {
    const { to, data, ...rest } = parsed.data;
    return { ...rest, to: to as Audience, data };
  }
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new HttpError('BODY_INVALID', `${where}${issue?.message ?? 'invalid'}`, {
    cause: parsed.error,
  });
}
