import { NotifyError } from '@realtime-notify/core';

/**
 * The one place where failures of the driver and of Redis become ours.
 * @param cause - what ioredis said; its copy of the command's arguments is removed, because they may
 *   hold credentials and users' data
 */
export function unavailable(what: string, cause?: unknown): NotifyError {
  const message = `broker-redis: ${what}`;
  if (!(cause instanceof Error)) return new NotifyError('BROKER_UNAVAILABLE', message);
  return new NotifyError('BROKER_UNAVAILABLE', `${message}: ${firstLine(cause)}`, {
    cause: withoutArguments(cause),
  });
}

/** What trying again cannot mend: wrong credentials, or a right that is missing. */
export function refusal(error: NotifyError): NotifyError | undefined {
  const { cause } = error;
  if (!(cause instanceof Error) || !/^(WRONGPASS|NOAUTH|NOPERM)/.test(cause.message))
    return undefined;
  return new NotifyError('BROKER_CONFIGURATION', error.message, { cause });
}

/** Any failure as ours; one that is ours already stays as it is. */
export function asUnavailable(what: string, error: unknown): NotifyError {
  return NotifyError.is(error) ? error : unavailable(what, error);
}

/** Redis' texts are short and hold no data; what follows a line feed is a trace. */
function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}

function withoutArguments(error: Error): Error {
  if ('command' in error && isCommand(error.command)) error.command = { name: error.command.name };
  return error;
}

function isCommand(value: unknown): value is { name: unknown } {
  return typeof value === 'object' && value !== null && 'name' in value;
}
