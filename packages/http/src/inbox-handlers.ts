import {
  Access,
  type CatalogueSchemas,
  type Inbox,
  type InboxCounts,
  type InboxPage,
  type Notifier,
  NotifyError,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import { z } from 'zod';
import { type AdmittedClient, admitClient } from './admit-client.js';
import type { Answer } from './answer.js';
import { type HistoryOptions, historyAnswer, pageLimitsSchema } from './history-handler.js';
import { parseHistoryQuery } from './history-query.js';
import { hostDecision } from './host-decision.js';
import { parseSelection, parseType } from './inbox-body.js';
import { mostInboxItems, parseInboxQuery } from './inbox-query.js';
import { readJson } from './read-json.js';
import { type Handler, type Route, route } from './route.js';

/** What {@link inboxHandlers} takes: one of `authenticate` and `anonymous: true`. Unknown names are errors. */
export interface InboxHandlerOptions extends HistoryOptions {
  /** Limit of a body, 16 KiB. */
  readonly maxBodyBytes?: number | undefined;
  /** How long a body may take to arrive, 10,000; also what is left of one that was refused. */
  readonly bodyTimeoutMs?: number | undefined;
}

const limitsSchema = pageLimitsSchema.extend({
  maxBodyBytes: z
    .int()
    .min(1)
    .default(16 * 1024),
  bodyTimeoutMs: z.number().min(1).default(10_000),
});

const changes = {
  seen: (inbox, body) => inbox.markSeen(parseSelection(body)),
  read: (inbox, body) => inbox.markRead(parseSelection(body)),
  unread: (inbox, body) => inbox.markUnread(parseSelection(body)),
  archive: (inbox, body) => inbox.archive(parseSelection(body)),
  unarchive: (inbox, body) => inbox.unarchive(parseSelection(body)),
  remove: (inbox, body) => inbox.remove(parseSelection(body)),
  mute: (inbox, body) => inbox.mute(parseType(body)),
  unmute: (inbox, body) => inbox.unmute(parseType(body)),
} as const satisfies Record<string, (inbox: Inbox, body: unknown) => Promise<InboxCounts>>;

/** The routes of an inbox. Each takes `?group=` (repeatable, at most 30). */
export interface InboxHandlers extends Readonly<Record<keyof typeof changes, Handler>> {
  /**
   * `GET`, with `?unread=1`, `?archived=1`, `?type=` (repeatable), `?before=` and `?after=` (cursors), `?since=` as
   * the look back and `?limit=` (default 50, more than 100 gives 100). An anonymous client, which has no inbox, is
   * answered as by {@link historyHandler}.
   */
  readonly list: Handler;
  /** `GET` */
  readonly counts: Handler;
}

/**
 * Makes the handlers of the users' inbox: PROTOCOL.md, section 5. The changes are `POST` of JSON: `{"ids":[]}`,
 * `{"all":true}` or `{"upTo":cursor}`, for `mute` and `unmute` `{"type"}`; each answers the counts after it. A
 * request with a cookie must come from a page of the same or a listed origin (CSRF). Groups in the inbox that
 * `authorize` refuses are left, except where the notifier has `groupsOf`.
 * @throws NotifyError `AUTHENTICATION_MISSING` or `OPTIONS_INVALID`, also where the notifier has no inbox
 */
export function inboxHandlers<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  options: InboxHandlerOptions,
): InboxHandlers {
  const { authenticate, authorize, anonymous, allowedOrigins, ...others } = options;
  const { revalidate: _, logger = silentLogger, ...rest } = others;
  const limits = resolveOptions(limitsSchema, rest, 'inboxHandlers');
  if (!notifier.hasInbox) {
    throw new NotifyError('OPTIONS_INVALID', 'inboxHandlers: the notifier has no `inbox`');
  }
  const access = new Access({ authenticate, authorize, anonymous, allowedOrigins });
  const { limits: counters } = notifier;
  const { maxPageBytes, answerTimeoutMs, bodyTimeoutMs } = limits;
  const shared = { logger, counters, origins: access.origins, bodyTimeoutMs };
  const reading: Route = { ...shared, methods: ['GET', 'HEAD'], answerTimeoutMs };
  const changing: Route = { ...shared, methods: ['POST'] };

  const withInbox = <Result>(
    { principal, groups }: AdmittedClient,
    use: (inbox: Inbox) => Promise<Result>,
  ): Promise<Result> => {
    const mayFollow = (group: string) => hostDecision(() => access.allows(principal, group));
    return notifier.withInbox({ principal, groups, mayFollow }, use);
  };

  const change = (work: (inbox: Inbox, body: unknown) => Promise<InboxCounts>): Handler =>
    route(changing, async (request) => {
      const client = await admitClient(request, access, counters);
      const body = await readJson(request, limits, counters);
      return json(countsBody(await withInbox(client, (inbox) => work(inbox, body))));
    });

  return {
    list: route(reading, async (request) => {
      const common = parseHistoryQuery(request.query, mostInboxItems);
      const query = { ...parseInboxQuery(request.query, common), maxBytes: maxPageBytes };
      const client = await admitClient(request, access, counters);
      if (client.principal.userId === null) {
        return historyAnswer(notifier, client.principal, common, maxPageBytes);
      }
      return json(pageBody(await withInbox(client, (inbox) => inbox.list(query))));
    }),
    counts: route(reading, async (request) => {
      const client = await admitClient(request, access, counters);
      return json(countsBody(await withInbox(client, (inbox) => inbox.counts())));
    }),
    seen: change(changes.seen),
    read: change(changes.read),
    unread: change(changes.unread),
    archive: change(changes.archive),
    unarchive: change(changes.unarchive),
    remove: change(changes.remove),
    mute: change(changes.mute),
    unmute: change(changes.unmute),
  };
}

function json(body: object): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

function countsBody({ unread, unseen, at, position: { epoch, offset } }: InboxCounts) {
  return { unread, unseen, at, version: { epoch, offset } };
}

function pageBody({ items, counts, muted, next, cursor }: InboxPage) {
  const shown = items.map(({ notification, ...flags }) => ({ ...notification, ...flags }));
  return { items: shown, ...countsBody(counts), muted, next, cursor };
}
