import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import type { AppendOutcome, Draft } from '../ports/store.js';
import type { LoggedDraft } from '../ports/write-back-log.js';
import { appendInTurn } from './append-in-turn.js';

const errors = {
  passes: new NotifyError('STORE_UNAVAILABLE', 'not now'),
  stays: new NotifyError('IDEMPOTENCY_CONFLICT', 'another content'),
};
type Answer = 'stored' | keyof typeof errors;

/** A store that answers each draft as it is told to, and stores all others of the call. */
class FitfulStore {
  readonly stored: Draft[] = [];
  readonly #answers: Iterator<Answer>;

  constructor(answers: Iterable<Answer>) {
    this.#answers = answers[Symbol.iterator]();
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return drafts.map((draft) => {
      const next = this.#answers.next();
      const answer = next.done === true ? 'stored' : next.value;
      if (answer !== 'stored') return { status: 'failed', error: errors[answer] };
      this.stored.push(draft);
      const { channel, id, type, time, dataJson } = draft;
      const place = { epoch: 'e1', offset: this.stored.length };
      const envelope = { channel, id, type, time, dataJson, ...place };
      return { status: 'appended', envelope };
    });
  }
}

const draft = (channel: string, n: number): LoggedDraft => ({
  ...{ channel, id: String(n), type: 'message', time: n, dataJson: '{}' },
  idempotency: { key: String(n), digest: '' },
});

test('whatever fails, the drafts of a channel are stored in their order, each once', async () => {
  const answer = fc.constantFrom<Answer>('stored', 'stored', 'passes', 'stays');
  const property = fc.asyncProperty(
    fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }),
    fc.array(answer, { maxLength: 30 }),
    async (channels, answers) => {
      const drafts = channels.map(draft);
      const store = new FitfulStore(answers);
      const refused: string[] = [];
      for (let left: readonly LoggedDraft[] = drafts; left.length > 0; ) {
        const outcomes = await appendInTurn(store, left);
        expect(outcomes).toHaveLength(left.length);
        left = left.filter((each, i) => {
          const outcome = outcomes[i];
          if (outcome?.status !== 'failed') {
            expect(outcome?.envelope.id).toBe(each.id);
            return false;
          }
          if (!outcome.error.retryable) refused.push(each.id);
          return outcome.error.retryable;
        });
      }
      for (const channel of ['a', 'b', 'c']) {
        const sent = drafts.filter((each) => each.channel === channel);
        const kept = store.stored.filter((each) => each.channel === channel);
        expect(kept).toEqual(sent.filter(({ id }) => !refused.includes(id)));
      }
    },
  );
  await fc.assert(property);
});

test('what goes to several channels goes together', async () => {
  const calls: number[] = [];
  const store = new FitfulStore([]);
  const append = (drafts: readonly Draft[]) => {
    calls.push(drafts.length);
    return store.append(drafts);
  };
  await appendInTurn({ append }, [...'aabcca'].map(draft));
  expect(calls).toEqual([3, 2, 1]);
});
