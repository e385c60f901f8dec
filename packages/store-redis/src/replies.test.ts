import { sampleDraft } from '@realtime-notify/contract-kit';
import type { Position } from '@realtime-notify/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendReplyFrom, ForeignReply, headFrom, pageFrom } from './replies.js';

const id = '01890a5d-ac96-774b-bcce-b302099a8057';
const fields = ['id', id, 'type', 'message', 'time', '5', 'data', '{}', 'trace', ''];

/** What any program with the right to write could have left in our keys, as Redis answers it. */
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    'appended',
    'duplicate',
    'conflict',
    'e1',
    '0',
    '7',
    '-7',
    '07',
    '9007199254740993',
    '7-0',
    '7-1',
    '99a8057',
    'b302099a',
    id,
    'message',
    '{}',
    '',
    null,
    undefined,
    7,
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const entry = fc.oneof(
  fc.constantFrom<unknown>(['1-0', fields], ['1-6', fields], ['1-0', null], null),
  fc.tuple(scalar, fc.array(scalar, { maxLength: 10 })),
);
const reply = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 9 }),
  fc
    .tuple(scalar, scalar, scalar, scalar, fc.oneof(scalar, fc.array(entry, { maxLength: 3 })))
    .map((members): unknown[] => members),
);

/** Undefined where it was refused, as it may be; any other error is none of ours. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ForeignReply) return undefined;
    throw error;
  }
}

function isPosition({ epoch, offset, tag }: Position): boolean {
  const written = /^[0-9a-z]{1,16}$/.test(epoch) && /^[0-9a-f]{8}$/.test(tag);
  return written && Number.isSafeInteger(offset) && offset >= 0;
}

// Plain checks: `expect` would take most of the time.
test('H-REDIS-REPLY whatever our keys hold, it is read as ours or refused', () => {
  const draft = sampleDraft('user:1', { id });
  const read = { heads: 0, pages: 0, outcomes: 0 };
  fc.assert(
    fc.property(reply, (value) => {
      const head = parsed(() => headFrom(value));
      const page = parsed(() => pageFrom(value, 'user:1'));
      const outcome = parsed(() => appendReplyFrom(value, draft));
      if (head !== undefined) read.heads += 1;
      if (page !== undefined) read.pages += 1;
      if (outcome !== undefined) read.outcomes += 1;
      const envelope =
        outcome !== undefined && 'envelope' in outcome ? outcome.envelope : undefined;
      return (
        (head === undefined || isPosition(head)) &&
        (page === undefined || isPosition(page.head)) &&
        (page?.items ?? []).every((item) => item.id === id && item.offset === 1) &&
        (envelope === undefined || isPosition({ ...envelope, tag: '00000000' }))
      );
    }),
    { numRuns: 50_000 },
  );
  for (const count of Object.values(read)) expect(count).toBeGreaterThan(100);
}, 60_000);

test('a head and a page of ours', () => {
  const head = { epoch: 'e1', offset: 1, tag: 'b302099a' };
  expect(headFrom(['e1', '1', 'b302099a'])).toEqual(head);
  const page = pageFrom(['e1', '1', 'b302099a', '1', [['1-0', fields]]], 'user:1');
  expect(page).toMatchObject({ head, logStart: 1, items: [{ id, offset: 1, epoch: 'e1' }] });
});

test('what an append says of the one before it, and a log; nothing where an older version wrote it', () => {
  const draft = sampleDraft('user:1', { id });
  const appended = appendReplyFrom(['appended', 'e1', '7', 'b302099a'], draft);
  expect(appended).toMatchObject({ status: 'appended', envelope: { previousTag: 'b302099a' } });
  const first = [id, 'message', '5', '{}', ''];
  const again = appendReplyFrom(['duplicate', 'e1', '7', 'b302099a', ...first], draft);
  expect(again).toMatchObject({ envelope: { offset: 7, time: 5, previousTag: 'b302099a' } });
  const older = appendReplyFrom(['duplicate', 'e1', '7', null, ...first], draft);
  expect(older).toMatchObject({ envelope: { offset: 7, time: 5 } });
  expect(older).not.toHaveProperty('envelope.previousTag');
  const entries = [
    ['1-0', fields],
    ['2-0', [...fields, 'previous', '099a8057']],
  ];
  const page = pageFrom(['e1', '2', 'b302099a', '1', entries], 'user:1');
  expect(page.items.map(({ previousTag }) => previousTag)).toEqual([undefined, '099a8057']);
});

test.each([
  ['an epoch that would leave its place in a cursor', ['e~1', '1', 'b302099a']],
  ['an offset below zero', ['e1', '-1', 'b302099a']],
  ['an offset beyond counting', ['e1', '9007199254740993', 'b302099a']],
  ['a tag that is none', ['e1', '1', 'B302']],
  ['the epoch that says that there is no log', ['0', '1', 'b302099a']],
])('%s is no head', (_, value) => {
  expect(() => headFrom(value)).toThrow(ForeignReply);
});
