import type { Appender } from '../notifier/append-audience.js';
import type { AppendOutcome } from '../ports/store.js';
import type { LoggedDraft } from '../ports/write-back-log.js';

/**
 * Appends drafts, those of one channel one after the other: a store fails single drafts of a call, and what
 * follows one that is to be tried again must not be stored before it. It fails with it instead.
 */
export async function appendInTurn(
  appender: Appender,
  drafts: readonly LoggedDraft[],
): Promise<readonly AppendOutcome[]> {
  const outcomes = new Map<LoggedDraft, AppendOutcome>();
  const failed = new Map<string, AppendOutcome>();
  for (let left = drafts; left.length > 0; left = left.filter((each) => !outcomes.has(each))) {
    const next = firstOfEach(left);
    const said = await appender.append(next);
    for (const [i, draft] of next.entries()) {
      const outcome = said[i];
      if (outcome === undefined) throw new Error('the store lost count');
      outcomes.set(draft, outcome);
      if (outcome.status === 'failed' && outcome.error.retryable) {
        failed.set(draft.channel, outcome);
      }
    }
    for (const draft of left) {
      const ahead = failed.get(draft.channel);
      if (ahead !== undefined) outcomes.set(draft, outcomes.get(draft) ?? ahead);
    }
  }
  return drafts.flatMap((draft) => outcomes.get(draft) ?? []);
}

function firstOfEach(drafts: readonly LoggedDraft[]): readonly LoggedDraft[] {
  const first = new Map<string, LoggedDraft>();
  for (const draft of drafts) if (!first.has(draft.channel)) first.set(draft.channel, draft);
  return [...first.values()];
}
