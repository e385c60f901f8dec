import { NotifyError } from '@realtime-notify/core';

/**
 * The one place where failures of the driver and of Redis become ours.
 * @param cause - what ioredis said; its copy of the command's arguments is removed, because they may
 *   hold credentials and users' data
 */
export function unavailable(what: string, cause?: Error): NotifyError {
  const message = `store-redis: ${what}`;
  if (cause === undefined) return new NotifyError('STORE_UNAVAILABLE', message);
  return new NotifyError('STORE_UNAVAILABLE', message, { cause: withoutArguments(cause) });
}

/** The same for a command that Redis answered with an error, or that got no answer. */
export function commandFailed(error: Error): NotifyError {
  return NotifyError.is(error) ? error : unavailable(driverMessage(error), error);
}

/** Redis' error codes and texts are short and hold no data; what follows a line feed is a trace. */
export function driverMessage(error: Error): string {
  return error.message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}

function withoutArguments(error: Error): Error {
  if ('command' in error && isCommand(error.command)) error.command = { name: error.command.name };
  return error;
}

function isCommand(value: unknown): value is { name: unknown } {
  return typeof value === 'object' && value !== null && 'name' in value;
}
