import { errorCodes } from '../packages/core/src/errors/error-codes.js';

/** The page that lists every error code. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { meaning, retryable, advice }]) =>
      `| \`${code}\` | ${meaning} | ${retryable ? 'yes' : 'no'} | ${advice} |`,
  );
  return [
    '# Error codes',
    '',
    'Every error that our packages throw or reject with is a `NotifyError` with a `code` of this table, `retryable`, and the underlying `cause` where there is one.',
    '',
    '| code | meaning | retryable | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
    'The HTTP routes add `METHOD_NOT_ALLOWED` (405), `BODY_INVALID` and `PARAMETER_INVALID` (400), `BODY_TOO_LARGE` (413), `MEDIA_TYPE_UNSUPPORTED` (415), `UNAVAILABLE` (503) and `INTERNAL` (500); what ends a stream is listed in [PROTOCOL.md](../PROTOCOL.md), sections 3 and 4.',
    '',
  ].join('\n');
}
