import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { gate } from '../test-doubles/gate.js';
import { RecipientCheck, type UnknownRecipients } from './recipient-check.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const check = (hook: UnknownRecipients) => new RecipientCheck(hook, 1_000);
const users = ['1', '2', '3', '4', '5'];
const never = new Promise<never>(() => {});

test('where the hook names nobody, everybody exists', async () => {
  const asked: (readonly string[])[] = [];
  const known = check((userIds) => {
    asked.push(userIds);
    return [];
  });
  await known.assertKnown(users);
  await check(async () => []).assertKnown(users);
  expect(asked).toEqual([users]);
  expect(vi.getTimerCount()).toBe(0);
});

test('who does not exist is counted, and the first few are named', async () => {
  const refusal = (unknown: readonly string[]) =>
    check(() => unknown)
      .assertKnown(users)
      .catch((error: unknown) => error);
  expect(await refusal(['5', '2'])).toMatchObject({
    code: 'RECIPIENT_UNKNOWN',
    retryable: false,
    message: '2 of 5 users do not exist: "2", "5"',
  });
  expect(await refusal(users)).toMatchObject({
    message: '5 of 5 users do not exist: "1", "2", "3" ...',
  });
});

test('names that were not asked for are nobody here', async () => {
  await check(() => ['somebody else']).assertKnown(users);
});

const cause = new Error('the database is away');
test.each<[string, UnknownRecipients]>([
  ['rejects', () => Promise.reject(cause)],
  [
    'throws',
    () => {
      throw cause;
    },
  ],
])('a hook that %s is a failure that can pass', async (_, hook) => {
  const unchecked = { code: 'RECIPIENTS_UNCHECKED', retryable: true, cause };
  await expect(check(hook).assertKnown(users)).rejects.toMatchObject(unchecked);
  expect(vi.getTimerCount()).toBe(0);
});

test('an answer that is no list is not taken for "everybody exists"', async () => {
  const checking = check(() => Reflect.get({}, 'missing'));
  await expect(checking.assertKnown(users)).rejects.toMatchObject({ code: 'RECIPIENTS_UNCHECKED' });
});

test('a hook that does not answer is waited for so long', async () => {
  const refused = expect(check(() => never).assertKnown(users)).rejects.toMatchObject({
    code: 'RECIPIENTS_UNCHECKED',
    message: expect.stringContaining('1000 ms'),
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await refused;
});

test('close lets nobody wait any longer, and a late answer harms nobody', async () => {
  const late = gate();
  const checking = check(() => late.passed.then(() => users));
  const refused = expect(checking.assertKnown(users)).rejects.toMatchObject({ code: 'CLOSED' });
  await vi.advanceTimersByTimeAsync(1);
  checking.close();
  await refused;
  expect(vi.getTimerCount()).toBe(0);
  late.open();
  await vi.advanceTimersByTimeAsync(1);
});
