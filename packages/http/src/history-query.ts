import { z } from 'zod';
import { HttpError } from './http-status.js';

/** Of the look back at most. */
export const mostHistoryItems = 200;

const defaultLimit = 50;

const isoTime = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** What a look back asks for. */
export interface HistoryQuery {
  readonly groups: readonly string[];
  readonly sinceMs: number | undefined;
  readonly limit: number;
}

/**
 * @param most - asking for more gives so many
 * @throws HttpError `PARAMETER_INVALID`
 */
export function parseHistoryQuery(query: URLSearchParams, most: number): HistoryQuery {
  const groups = [...new Set(query.getAll('group'))];
  const limit = parseLimit(query.get('limit'), most);
  return { groups, sinceMs: parseSince(query.get('since')), limit };
}

function parseSince(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const time = isoTime.safeParse(text).success ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw invalidParameter(
      'since: is milliseconds since 1970 UTC, or an ISO 8601 date or time with its zone',
    );
  }
  return time;
}

function parseLimit(text: string | null, most: number): number {
  if (text === null) return defaultLimit;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw invalidParameter('limit: is a whole number from 1');
  return Math.min(limit, most);
}

/** A parameter of the URL that cannot be read. */
export function invalidParameter(message: string): HttpError {
  return new HttpError('PARAMETER_INVALID', message);
}
