import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCatalogue, testNotifier } from '../test-doubles/notifier-parts.js';
import { Notifier } from './notifier.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const message = { type: 'message', data: { n: 1 } } as const;

async function started(unknown: readonly string[]) {
  const asked: (readonly string[])[] = [];
  const unknownRecipients = vi.fn((userIds: readonly string[]) => {
    asked.push(userIds);
    return unknown;
  });
  const parts = testNotifier({ unknownRecipients });
  await Promise.all([parts.notifier.start(), settle()]);
  const before = parts.store.appends.length;
  return { ...parts, unknownRecipients, asked, stored: () => parts.store.appends.slice(before) };
}

test('an unknown recipient refuses it for all, durable or not, and nothing is stored or published', async () => {
  const { notifier, broker, stored } = await started(['2']);
  const before = broker.published.flat().length;
  for (const durable of [true, false]) {
    const to = { users: ['1', '2', '3'] };
    const refused = notifier.notify({ ...message, to, durable });
    await expect(refused).rejects.toMatchObject({
      code: 'RECIPIENT_UNKNOWN',
      message: '1 of 3 users do not exist: "2"',
    });
  }
  await settle();
  expect(stored()).toEqual([]);
  expect(broker.published.flat()).toHaveLength(before);
  await notifier.close();
});

test('asked for are the users of the audience, each once; nobody for groups and all', async () => {
  const { notifier, asked } = await started([]);
  for (const to of [
    { user: '1' },
    { users: ['1', '2', '1'] },
    { group: 'g' },
    { all: true },
  ] as const) {
    await Promise.all([notifier.notify({ ...message, to }), settle()]);
  }
  expect(asked).toEqual([['1'], ['1', '2']]);
  await notifier.close();
});

test('what is not valid is refused without asking', async () => {
  const { notifier, asked } = await started(['1']);
  const invalid = notifier.notifyUnchecked({ ...message, to: { user: '1' }, data: {} });
  await expect(invalid).rejects.toMatchObject({ code: 'DATA_INVALID' });
  expect(asked).toEqual([]);
  await notifier.close();
});

test('a hook that fails makes notify fail as what can pass, and nothing is stored', async () => {
  const { notifier, unknownRecipients, stored } = await started([]);
  unknownRecipients.mockImplementation(() => {
    throw new Error('the database is away');
  });
  const failed = notifier.notify({ ...message, to: { user: '1' } });
  await expect(failed).rejects.toMatchObject({ code: 'RECIPIENTS_UNCHECKED', retryable: true });
  expect(stored()).toEqual([]);
  await notifier.close();
});

test('a hook that is no function is refused by name', () => {
  const options: object = { catalogue: testCatalogue, unknownRecipients: 'none' };
  expect(() => Reflect.construct(Notifier, [options])).toThrow(
    expect.objectContaining({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('unknownRecipients'),
    }),
  );
});
