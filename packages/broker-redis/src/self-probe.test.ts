import { expect, test, vi } from 'vitest';
import { NoRoundTrip, SelfProbe } from './self-probe.js';

test('those who ask while a probe is under way share it', async () => {
  const sent: string[] = [];
  const probe = new SelfProbe(async (token) => void sent.push(token), 1_000);
  const both = Promise.all([probe.roundTrip(), probe.roundTrip()]);
  probe.received('something else');
  probe.received(sent[0] ?? '');
  await both;
  expect(sent).toHaveLength(1);
  const next = probe.roundTrip();
  expect(sent).toHaveLength(2);
  expect(sent[1]).not.toBe(sent[0]);
  probe.received(sent[1] ?? '');
  await next;
});

test('a message that does not come back is told apart from one that could not be sent', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const silent = expect(new SelfProbe(async () => {}, 300).roundTrip()).rejects.toThrow(
      NoRoundTrip,
    );
    await vi.advanceTimersByTimeAsync(300);
    await silent;
    const failing = new SelfProbe(() => Promise.reject(new Error('NOPERM')), 300);
    await expect(failing.roundTrip()).rejects.toThrow('NOPERM');
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a lost connection ends a probe at once, and the next begins anew', async () => {
  const sent: string[] = [];
  const probe = new SelfProbe(async (token) => void sent.push(token), 3_600_000);
  const lost = probe.roundTrip();
  probe.connectionLost();
  await expect(lost).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  const next = probe.roundTrip();
  probe.received(sent[1] ?? '');
  await next;
});
