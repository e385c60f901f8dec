import { NotifyError } from '@realtime-notify/core';
import { driverMessage, withoutArguments } from '@realtime-notify/redis-connection';

/**
 * The one place where failures of the driver and of Redis become ours.
 * @param cause - what ioredis said
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
