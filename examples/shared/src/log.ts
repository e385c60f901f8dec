import type { Logger } from '@realtime-notify/core';

/** Writes lines to standard error; a real application passes its pino. */
export const log: Logger = {
  debug: () => {},
  info: write('info'),
  warn: write('warn'),
  error: write('error'),
};

function write(level: string) {
  return (facts: object, message: string): void => {
    process.stderr.write(`${level}: ${message} ${JSON.stringify(facts, readable)}\n`);
  };
}

/** Errors have no enumerable fields of their own. */
function readable(_key: string, value: unknown): unknown {
  return value instanceof Error ? oneLine(value) : value;
}

/** What an error says, with what lies behind it, in one line. */
export function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  const cause = error.cause instanceof Error ? error.cause.message : '';
  // Many messages end with what lies behind them.
  const behind = cause === '' || error.message.includes(cause) ? '' : ` (${cause})`;
  return `${code}${error.message}${behind}`.replace(/\s*\n\s*/g, ' ');
}
