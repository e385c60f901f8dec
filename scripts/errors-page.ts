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
  ].join('\n');
}
