import { expect, test } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { failAppends, queueParts } from '../test-doubles/queue-parts.js';
import type { NotifyOutcome, NotifyRequest } from './notify-request.js';

const request = (n: number, user = 'a', fields: Partial<NotifyRequest> = {}): NotifyRequest => ({
  to: { user },
  type: 'message',
  data: { n },
  idempotencyKey: `k${n}`,
  ...fields,
});

const said = (outcomes: readonly NotifyOutcome[]) =>
  outcomes.map((outcome) => (outcome.status === 'sent' ? 'sent' : outcome.error.code));

test('a hundred for one channel each are one append, in their order, and are published', async () => {
  const { publisher, store, log, published } = queueParts();
  let appends = 0;
  store.before.set('append', async () => {
    appends += 1;
  });
  const numbers = Array.from({ length: 250 }, (_, n) => n);
  const outcomes = await publisher.publishMany(
    numbers.map((n) => request(n, n % 2 === 0 ? 'a' : 'b')),
  );
  expect(said(outcomes)).toEqual(numbers.map(() => 'sent'));
  expect(appends).toBe(3);
  expect(await log('a')).toEqual(numbers.filter((n) => n % 2 === 0));
  expect(await log('b')).toEqual(numbers.filter((n) => n % 2 === 1));
  expect(published().length).toBe(250);
});

test('what cannot be sent fails alone; an audience of several keeps its place', async () => {
  const { publisher, log } = queueParts();
  const outcomes = await publisher.publishMany([
    request(0),
    request(1, 'a', { type: 'unknown' }),
    request(2, 'a', { to: { users: ['a', 'b'] } }),
    request(0, 'a', { data: { n: 9 } }),
    request(3),
    request(0),
  ]);
  expect(said(outcomes)).toEqual([
    ...['sent', 'TYPE_UNKNOWN', 'sent', 'IDEMPOTENCY_CONFLICT', 'sent', 'sent'],
  ]);
  expect(outcomes.at(-1)).toMatchObject({ result: { duplicate: true } });
  expect(await log('a')).toEqual([0, 2, 3]);
  expect(await log('b')).toEqual([2]);
});

test('after a failure that can pass nothing more is tried, so that a retry keeps the order', async () => {
  const { publisher, store, log } = queueParts();
  failAppends(store, 'after', 1);
  const requests = [
    request(0, 'a', { to: { users: ['a', 'b'] } }),
    ...[1, 2].map((n) => request(n)),
    request(3, 'a', { durable: false }),
  ];
  const outcomes = await publisher.publishMany(requests);
  expect(said(outcomes)).toEqual(requests.map(() => 'STORE_UNAVAILABLE'));
  await expect
    .poll(async () => said(await publisher.publishMany(requests)))
    .not.toContain('STORE_UNAVAILABLE');
  expect(await log('a')).toEqual([0, 1, 2]);
});

test('recipients are asked about; who is unknown fails alone', async () => {
  const unknownRecipients = async (users: readonly string[]) =>
    users.filter((user) => user === 'nobody');
  const { publisher, log } = queueParts({ unknownRecipients });
  const outcomes = await publisher.publishMany([request(0), request(1, 'nobody'), request(2)]);
  expect(said(outcomes)).toEqual(['sent', 'RECIPIENT_UNKNOWN', 'sent']);
  expect(await log('a')).toEqual([0, 2]);
});

test('a store that is closed rejects', async () => {
  const { publisher, store } = queueParts();
  await store.close();
  await expect(publisher.publishMany([request(0), request(1)])).rejects.toBeInstanceOf(NotifyError);
});
