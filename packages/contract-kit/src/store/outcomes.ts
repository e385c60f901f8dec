import type { AppendOutcome, Draft, Store, StoredEnvelope } from '@realtime-notify/core';

/** The envelope of an outcome that must not be a failure. */
export function envelopeOf(outcome: AppendOutcome | undefined): StoredEnvelope {
  if (outcome === undefined) throw new Error('an outcome is missing');
  if (outcome.status === 'failed') throw outcome.error;
  return outcome.envelope;
}

/** Appends one draft that must not fail, and says where it stands. */
export async function appendOne(store: Store, draft: Draft): Promise<StoredEnvelope> {
  const [outcome] = await store.append([draft]);
  return envelopeOf(outcome);
}

/** The element of an answer that has exactly one. */
export function only<T>(answers: readonly T[]): T {
  const [first] = answers;
  if (first === undefined || answers.length !== 1) {
    throw new Error(`expected one answer, got ${answers.length}`);
  }
  return first;
}

/** What an appended draft must read back as. */
export function asStored(draft: Draft, epoch: string, offset: number): StoredEnvelope {
  const { channel, id, type, time, dataJson, traceparent } = draft;
  const fields = { channel, id, type, time, dataJson, epoch, offset };
  return traceparent === undefined ? fields : { ...fields, traceparent };
}
