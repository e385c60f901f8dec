import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { RecordingLogger } from '../test-doubles/recording-logger.js';
import { Access, type AccessOptions, type Revalidate } from './access.js';
import type { Principal } from './principal.js';
import { Revalidation } from './revalidation.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const periodMs = 1_600;
const member: Principal = { userId: '1', groups: ['a', 'b'] };

/** A stream in group `a` that is asked about once in a period. */
async function watched(revalidate: Revalidate | undefined, options: AccessOptions = {}) {
  const { notifier, broker } = testNotifier();
  const logger = new RecordingLogger();
  await notifier.start();
  const access = new Access({ anonymous: true, revalidate, ...options });
  const revalidation = new Revalidation(access, notifier, periodMs, logger);
  const [stream] = await Promise.all([
    attached(notifier, { principal: member, groups: ['a'] }),
    settle(),
  ]);
  revalidation.watch(stream.emitter);
  return { notifier, broker, logger, revalidation, ...stream };
}

test('each stream is asked about once in a period, with the principal that it has by then', async () => {
  const asked: Principal[] = [];
  const renewed = { ...member, groups: ['a'] };
  await watched((principal) => {
    asked.push(principal);
    return renewed;
  });
  await settle(periodMs * 3);
  expect(asked).toEqual([member, renewed, renewed]);
});

test('G8 a stream whose client may not stay ends as REVOKED', async () => {
  const { outlet, notifier } = await watched(() => null);
  await settle(periodMs);
  expect(outlet.closes).toEqual([{ code: 'REVOKED', returnMs: null }]);
  expect(notifier.emitters.size).toBe(0);
});

test('G8 a stream ends as FORBIDDEN where its groups have shrunk, and stays where others are gone', async () => {
  const { outlet } = await watched((principal) => ({ ...principal, groups: ['b'] }));
  await settle(periodMs);
  expect(outlet.closes).toEqual([{ code: 'FORBIDDEN', returnMs: null }]);
  const stays = await watched((principal) => ({ ...principal, groups: ['a'] }));
  await settle(periodMs * 2);
  expect(stays.outlet.closes).toEqual([]);
});

test('authorize is asked anew about every group followed', async () => {
  let allowed = true;
  const { outlet } = await watched((principal) => principal, {
    authorize: (_, group) => group === 'a' && allowed,
  });
  await settle(periodMs * 2);
  expect(outlet.closes).toEqual([]);
  allowed = false;
  await settle(periodMs);
  expect(outlet.closes).toEqual([{ code: 'FORBIDDEN', returnMs: null }]);
});

test('an answer of another user, or one that has ended, ends the stream', async () => {
  const answers: Principal[] = [
    { ...member, userId: '2' },
    { ...member, expiresAt: 1_000_000 },
  ];
  for (const answer of answers) {
    const { outlet } = await watched(() => answer);
    await settle(periodMs);
    expect(outlet.closes).toEqual([{ code: 'REVOKED', returnMs: null }]);
  }
});

test('a failure keeps the stream until the next time, and is logged', async () => {
  const failure = new Error('the directory is down');
  let fails = true;
  const { outlet, logger } = await watched(() => {
    if (fails) throw failure;
    return null;
  });
  await settle(periodMs * 2);
  expect(outlet.closes).toEqual([]);
  expect(logger.lines).toEqual(
    Array(2).fill({
      level: 'warn',
      facts: { err: failure },
      message: 'a client could not be revalidated now',
    }),
  );
  fails = false;
  await settle(periodMs);
  expect(outlet.closes).toHaveLength(1);
});

test('a later end moves the end of the stream, an earlier one too', async () => {
  let expiresAt = 1_000_000 + periodMs * 3;
  const { outlet } = await watched((principal) => ({ ...principal, expiresAt }));
  await settle(periodMs * 2);
  expiresAt = 1_000_000 + periodMs * 6;
  await settle(periodMs * 2);
  expect(outlet.closes).toEqual([]);
  expiresAt = Date.now() + periodMs * 1.5;
  await settle(periodMs);
  expect(outlet.closes).toEqual([]);
  await settle(periodMs * 2);
  expect(outlet.closes).toEqual([{ code: 'EXPIRED', returnMs: null }]);
});

test('one stream is never asked about twice at the same time', async () => {
  const answers: ((principal: Principal | null) => void)[] = [];
  const { outlet } = await watched(() => new Promise((resolve) => answers.push(resolve)));
  await settle(periodMs * 5);
  expect(answers).toHaveLength(1);
  answers[0]?.(member);
  await settle(periodMs);
  expect(answers).toHaveLength(2);
  answers[1]?.(null);
  await settle();
  expect(outlet.closes).toHaveLength(1);
});

test('an answer that comes after the stream has ended changes nothing', async () => {
  let answer: (principal: Principal | null) => void = () => {};
  const { emitter, outlet } = await watched(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  await settle(periodMs);
  emitter.close({ code: 'MAX_AGE', returnMs: 0 });
  answer(null);
  await settle();
  expect(outlet.closes).toEqual([{ code: 'MAX_AGE', returnMs: 0 }]);
});

test('a stream that is closed, or not watched any more, is not asked about', async () => {
  let asked = 0;
  const ask: Revalidate = (principal) => {
    asked += 1;
    return principal;
  };
  const gone = await watched(ask);
  gone.emitter.gone();
  const closed = await watched(ask);
  closed.emitter.close({ code: 'MAX_AGE', returnMs: 0 });
  await settle(periodMs * 2);
  expect(asked).toBe(0);
});

test('G9 a stream that has ended is let go of within a period', async () => {
  const { emitter } = await watched((principal) => principal);
  emitter.gone();
  const looks = vi.spyOn(emitter, 'closed', 'get');
  await settle(periodMs * 3);
  expect(looks).toHaveBeenCalledTimes(1);
});

test('G10 without the hook there is no timer; with it none is left after close', async () => {
  const without = await watched(undefined);
  const before = vi.getTimerCount();
  without.revalidation.watch(without.emitter);
  expect(vi.getTimerCount()).toBe(before);
  await without.notifier.close();
  await settle(0);
  const { notifier } = await watched((principal) => principal);
  await notifier.close();
  await settle(0);
  expect(vi.getTimerCount()).toBe(0);
});
