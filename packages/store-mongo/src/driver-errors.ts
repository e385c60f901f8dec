import { NotifyError } from '@realtime-notify/core';

/** The one place where failures of the driver and of MongoDB become ours. */
export function unavailable(what: string, cause?: Error): NotifyError {
  const message = `store-mongo: ${what}`;
  if (cause === undefined) return new NotifyError('STORE_UNAVAILABLE', message);
  return new NotifyError('STORE_UNAVAILABLE', message, { cause });
}

/** The same for whatever was thrown. */
export function callFailed(error: unknown): NotifyError {
  if (NotifyError.is(error)) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return unavailable(cause.message === '' ? cause.name : cause.message, cause);
}

/** An address that the driver cannot make anything of. */
export function refusedOptions(cause: unknown): NotifyError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new NotifyError('OPTIONS_INVALID', `mongoStore: url: ${why}`, { cause });
}

export function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the MongoDB store is closed');
}

export function notStartedError(): NotifyError {
  return new NotifyError('NOT_STARTED', 'the MongoDB store is not started');
}

const duplicateKey = 11_000;

/** The server's number for what went wrong. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === duplicateKey;
}

/**
 * Which documents of one insert or bulk write met a key that was there; undefined where anything else went
 * wrong, so that it is not known what was done.
 */
export function duplicatesIn(error: unknown): ReadonlySet<number> | undefined {
  if (!(error instanceof Error) || !('writeErrors' in error)) return undefined;
  const { writeErrors } = error;
  const all: unknown[] = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
  const places = new Set<number>();
  for (const each of all) {
    const { code, index }: { code?: unknown; index?: unknown } =
      typeof each === 'object' && each !== null ? each : {};
    if (code !== duplicateKey || typeof index !== 'number') return undefined;
    places.add(index);
  }
  return lacksMajority(error) || places.size === 0 ? undefined : places;
}

/** Whether the server knows no transactions: a stand-alone one, or one that is not MongoDB. */
export function lacksTransactions(error: unknown): boolean {
  const answer = answerBehind(error);
  if (!(answer instanceof Error)) return false;
  const code = codeOf(answer);
  if (code === 263) return true;
  // Both numbers stand for other things, too.
  if (code === 20) return /transaction/i.test(answer.message);
  return code === 9 && /autocommit|startTransaction|txnNumber/.test(answer.message);
}

/** The driver puts words of its own, about repeated writes, in the place of a stand-alone server's answer 20. */
function answerBehind(error: unknown): unknown {
  return error instanceof Error && 'originalError' in error ? error.originalError : error;
}

/** Unknown stage, not implemented, only on replica sets. */
const noChangeStreams = new Set([40_324, 238, 40_573]);

export function lacksChangeStreams(error: unknown): boolean {
  return noChangeStreams.has(codeOf(error) ?? 0);
}

/** Refused by the driver before anything is sent. */
export function isForeignSession(error: unknown): boolean {
  return error instanceof Error && /same MongoClient/.test(error.message);
}

/** Whether what was written has not reached the majority. */
function lacksMajority(error: Error): boolean {
  const { result } = 'result' in error ? error : { result: undefined };
  if (typeof result !== 'object' || result === null) return false;
  if (!('getWriteConcernError' in result)) return false;
  const { getWriteConcernError } = result;
  return typeof getWriteConcernError === 'function' && getWriteConcernError.call(result) != null;
}

/** Whether no server answers, or none that writes: it may be there in a moment. */
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error) || isRefusal(error)) return false;
  return (
    /^Mongo(Network|ServerSelection|PoolCleared|WaitQueueTimeout)/.test(error.name) ||
    noPrimary.has(codeOf(error) ?? 0)
  );
}

/** Shutting down, not the primary (any more), looking for one. */
const noPrimary = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Refused for good: wrong credentials, no rights, certificates. */
export function isRefusal(error: Error): boolean {
  const code = codeOf(error);
  if (code === 18 || code === 13 || code === 8_000) return true;
  const said = [error, error.cause].map((each) => (each instanceof Error ? each.message : ''));
  return said.some((text) => /self[- ]signed|certificate|ERR_TLS|authentication fail/i.test(text));
}
