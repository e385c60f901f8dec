import { NotifyError } from '@realtime-notify/core';
import { HttpError } from './http-status.js';

/**
 * What a function of the host decides about a client. Where it fails with anything but a NotifyError, it
 * could not decide: the client is told to come back.
 */
export async function hostDecision<Decision>(
  decide: () => Promise<Decision> | Decision,
): Promise<Decision> {
  try {
    return await decide();
  } catch (error) {
    if (NotifyError.is(error)) throw error;
    throw new HttpError('UNAVAILABLE', 'try again later', { cause: error });
  }
}
