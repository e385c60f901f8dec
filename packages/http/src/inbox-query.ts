import type { InboxQuery } from '@realtime-notify/core';
import { type HistoryQuery, invalidParameter } from './history-query.js';

/** Of one page at most. */
export const mostInboxItems = 100;

const maxTypes = 100;
const maxTypeChars = 100;

/**
 * What of an inbox a request asks for.
 * @param common - what it has in common with the look back
 * @throws HttpError `PARAMETER_INVALID`
 */
export function parseInboxQuery(
  query: URLSearchParams,
  { limit, sinceMs }: HistoryQuery,
): InboxQuery {
  return {
    limit,
    sinceMs,
    unread: parseFlag(query, 'unread'),
    archived: parseFlag(query, 'archived'),
    types: parseTypes(query),
    before: query.get('before') ?? undefined,
    after: query.get('after') ?? undefined,
  };
}

function parseFlag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? '0';
  if (text !== '0' && text !== '1') throw invalidParameter(`${name}: is 0 or 1`);
  return text === '1';
}

function parseTypes(query: URLSearchParams): readonly string[] | undefined {
  const types = query.getAll('type');
  if (types.length > maxTypes || types.some((type) => type.length > maxTypeChars)) {
    throw invalidParameter(`type: at most ${maxTypes}, each of at most ${maxTypeChars} characters`);
  }
  return types.length === 0 ? undefined : types;
}
