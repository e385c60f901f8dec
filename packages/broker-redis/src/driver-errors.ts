import { type ErrorCode, NotifyError } from '@realtime-notify/core';
import { driverMessage, isRefusal, withoutArguments } from '@realtime-notify/redis-connection';

/**
 * The one place where failures of the driver and of Redis become ours.
 * @param cause - what ioredis said
 */
export function unavailable(what: string, cause?: unknown): NotifyError {
  return failure('BROKER_UNAVAILABLE', what, cause);
}

/** The same for the directory. */
export function directoryUnavailable(what: string, cause?: unknown): NotifyError {
  return failure('DIRECTORY_UNAVAILABLE', `directory: ${what}`, cause);
}

function failure(code: ErrorCode, what: string, cause: unknown): NotifyError {
  const message = `broker-redis: ${what}`;
  if (!(cause instanceof Error)) return new NotifyError(code, message);
  return new NotifyError(code, `${message}: ${driverMessage(cause)}`, {
    cause: withoutArguments(cause),
  });
}

/** Any failure of the directory as ours; one that is ours already stays as it is. */
export function asDirectoryUnavailable(what: string, error: unknown): NotifyError {
  return NotifyError.is(error) ? error : directoryUnavailable(what, error);
}

/** What trying again cannot mend: credentials, rights, certificates. */
export function refusal({ message, cause }: NotifyError): NotifyError | undefined {
  if (!isRefusal(cause)) return undefined;
  return new NotifyError('BROKER_CONFIGURATION', message, { cause });
}

/** Any failure as ours; one that is ours already stays as it is. */
export function asUnavailable(what: string, error: unknown): NotifyError {
  return NotifyError.is(error) ? error : unavailable(what, error);
}
