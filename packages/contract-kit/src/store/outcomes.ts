import {
  type AppendOutcome,
  type Draft,
  NO_TAG,
  type Store,
  type StoredEnvelope,
  tagOf,
} from '@realtime-notify/core';

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

/** What the drafts of a log, from its first on, must read back as. */
export function asStored(drafts: readonly Draft[], epoch: string): readonly StoredEnvelope[] {
  return drafts.map(({ channel, id, type, time, dataJson, traceparent }, index) => {
    const previous = drafts[index - 1];
    const previousTag = previous === undefined ? NO_TAG : tagOf(previous.id);
    const place = { epoch, offset: index + 1, previousTag };
    const fields = { channel, id, type, time, dataJson, ...place };
    return traceparent === undefined ? fields : { ...fields, traceparent };
  });
}
