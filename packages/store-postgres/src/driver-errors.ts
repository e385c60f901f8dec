import { NotifyError } from '@realtime-notify/core';

/** The one place where failures of the driver and of PostgreSQL become ours. */
export function unavailable(what: string, cause?: Error): NotifyError {
  const message = `store-postgres: ${what}`;
  if (cause === undefined) return new NotifyError('STORE_UNAVAILABLE', message);
  return new NotifyError('STORE_UNAVAILABLE', message, { cause });
}

/** The same for whatever was thrown. */
export function callFailed(error: unknown): NotifyError {
  if (NotifyError.is(error)) return error;
  const cause = asError(error);
  return unavailable(messageOf(cause), cause);
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Of several addresses that were tried the first says why; the whole has no words of its own. */
export function messageOf(error: Error): string {
  const [first]: unknown[] = error instanceof AggregateError ? error.errors : [];
  const said = first instanceof Error ? first.message : error.message;
  return said === '' ? error.name : said;
}

/** The SQLSTATE, or what Node says of a socket; undefined where there is none. */
export function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const sqlState = /^[0-9A-Z]{5}$/;

/** Whether it tells of the server or the way to it, rather than of what was asked. */
export function isOutage(error: Error): boolean {
  const code = codeOf(error);
  if (code === undefined || !sqlState.test(code)) return true;
  // Connection exceptions, too many connections, shutting down, crashed, starting up, and a standby.
  return /^(08|53300|57P0[1-5]|25006)/.test(code) || isRefusal(error);
}

const refusals = [
  // Credentials, rights and names that are wrong until the host mends them.
  /^28/,
  /^3D000$/,
  /^42501$/,
  /^(CERT_|ERR_TLS_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/,
];

/** The schema is not one that this release can work with. */
export class SchemaRefused extends Error {}

/** Whether trying again is of no use until somebody has changed something. */
export function isRefusal(error: Error): boolean {
  if (error instanceof SchemaRefused) return true;
  const code = codeOf(error);
  if (code !== undefined && refusals.some((each) => each.test(code))) return true;
  return /does not support SSL|SASL: SCRAM|no pg_hba\.conf entry/.test(error.message);
}

/** Whether the server undid the whole transaction for another's sake: it may simply be run again. */
export function isUndone(error: Error): boolean {
  return ['40001', '40P01'].includes(codeOf(error) ?? '');
}
