import { NotifyError, type NotifyOutcome, type NotifyRequest } from '@realtime-notify/core';

/** What a source publishes through; a Notifier is one. */
export interface SourceTarget {
  notify(request: NotifyRequest): Promise<unknown>;
  /** As the Notifier's. Absent: one after the other, which is slower. */
  notifyMany?(requests: readonly NotifyRequest[]): Promise<readonly NotifyOutcome[]>;
}

/** What became of one of several; what went well need not be told. */
export type SendOutcome =
  | { readonly status: 'sent' }
  | { readonly status: 'failed'; readonly error: NotifyError };

/** Sends in order; after a failure that can pass nothing more is tried. */
export type SendMany<Request = NotifyRequest> = (
  requests: readonly Request[],
) => Promise<readonly SendOutcome[]>;

export function sendMany(target: SourceTarget): SendMany {
  return async (requests) => {
    if (requests.length === 0) return [];
    if (target.notifyMany !== undefined) return target.notifyMany(requests);
    const outcomes: SendOutcome[] = [];
    for (const [i, request] of requests.entries()) {
      try {
        await target.notify(request);
        outcomes.push({ status: 'sent' });
      } catch (error) {
        if (!NotifyError.is(error)) throw error;
        outcomes.push({ status: 'failed', error });
        if (!error.retryable && error.code !== 'CLOSED') continue;
        return [
          ...outcomes,
          ...requests.slice(i + 1).map((): SendOutcome => ({ status: 'failed', error })),
        ];
      }
    }
    return outcomes;
  };
}
