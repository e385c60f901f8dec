import { z } from 'zod';
import { resolveOptions } from '../options/resolve-options.js';

/** Which notifications: some by their ids, all that are there, or all up to where a client stands. */
export type InboxSelection =
  /** At most 100. */
  | { readonly ids: readonly string[] }
  /** Also what is muted or archived. */
  | { readonly all: true }
  /** The `cursor` or `next` of a page, or a stream's; also what is muted or archived. */
  | { readonly upTo: string };

/** What is wanted of an inbox. */
export interface InboxQuery {
  /** At most so many, 1 to 100. Default 20. */
  readonly limit?: number | undefined;
  /** Only what is not read. */
  readonly unread?: boolean | undefined;
  /** Only what was archived; by default only what was not. */
  readonly archived?: boolean | undefined;
  /** Only these types, muted or not; by default all that are not muted. */
  readonly types?: readonly string[] | undefined;
  /** Only what is older: the `next` of another page. */
  readonly before?: string | undefined;
  /** Only what is newer: the `cursor` of another page, or of a stream. */
  readonly after?: string | undefined;
  /**
   * Only what was made at or after this time, in milliseconds since 1970 UTC; publishers' clocks may differ by a
   * minute.
   */
  readonly sinceMs?: number | undefined;
  /** So many bytes of data at most, but one notification in any case. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

const mostItems = 100;
const mostIds = 100;

const selectionSchema = z.union(
  [
    z.strictObject({ ids: z.array(z.string()).max(mostIds) }),
    z.strictObject({ all: z.literal(true) }),
    z.strictObject({ upTo: z.string() }),
  ],
  `name them by { ids } of at most ${mostIds}, { all: true } or { upTo: cursor }`,
);

const querySchema = z.strictObject({
  limit: z.int().min(1).max(mostItems).default(20),
  unread: z.boolean().default(false),
  archived: z.boolean().default(false),
  types: z.array(z.string()).optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  sinceMs: z.number().default(0),
  maxBytes: z
    .number()
    .min(1)
    .default(1024 * 1024),
});

/**
 * What a host hands in may come from a request as it stands: what names nothing must not be taken for all there is.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function resolveSelection(which: InboxSelection): InboxSelection {
  return resolveOptions(selectionSchema, which, 'inbox');
}

/** @throws NotifyError `OPTIONS_INVALID` */
export function resolveQuery(query: InboxQuery) {
  return resolveOptions(querySchema, query, 'inbox.list');
}
