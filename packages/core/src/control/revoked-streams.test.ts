import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Principal } from '../access/principal.js';
import type { RevocationTarget } from '../control/revocation.js';
import { controlNode, outcomeOf } from '../test-doubles/control-parts.js';
import { gate } from '../test-doubles/gate.js';
import { attached } from '../test-doubles/notifier-parts.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);

async function started() {
  const node = controlNode({ remote: false });
  await node.notifier.start();
  await settle();
  const open = async (principal: Principal, groups: readonly string[] = []) => {
    const [stream] = await Promise.all([attached(node.notifier, { principal, groups }), settle()]);
    return stream;
  };
  const revoke = async (target: RevocationTarget) => {
    await Promise.all([node.notifier.revoke(target), settle()]);
  };
  return { ...node, open, revoke };
}

test("G8 a user's streams end, whatever session and age, and nobody else's", async () => {
  const { open, revoke, notifier } = await started();
  const revoked = await Promise.all([
    open({ userId: '1', issuedAt: 1 }),
    open({ userId: '1', sessionId: 's' }),
    open({ userId: '1' }),
  ]);
  const others = await Promise.all([
    open({ userId: '2', sessionId: '1', issuedAt: 1 }),
    open({ userId: null }),
  ]);
  await revoke({ userId: '1' });
  const all = { to: { all: true }, type: 'message', data: { n: 1 } } as const;
  await Promise.all([notifier.notify(all), settle()]);
  for (const { outlet } of revoked) {
    expect(outlet.said.map(({ kind }) => kind)).toEqual(['ready', 'close']);
    expect(outlet.closes).toEqual([{ code: 'REVOKED', returnMs: null }]);
  }
  for (const { outlet } of others) {
    expect(outlet.said.map(({ kind }) => kind)).toEqual(['ready', 'write']);
  }
});

test("G8 a session's streams end, and no other of its user's", async () => {
  const { open, revoke } = await started();
  const [one, two, none] = await Promise.all([
    open({ userId: '1', sessionId: 's1' }),
    open({ userId: '1', sessionId: 's2' }),
    open({ userId: '1' }),
  ]);
  await revoke({ sessionId: 's1' });
  expect([one, two, none].map(({ outlet }) => outlet.closes.length)).toEqual([1, 0, 0]);
});

test('a stream whose credential was issued after the revocation stays', async () => {
  const { open, revoke } = await started();
  const stream = await open({ userId: '1', issuedAt: Date.now() + 60_000 });
  await revoke({ userId: '1' });
  expect(stream.outlet.closes).toEqual([]);
});

test('a stream that was renewed is judged by its newer credential', async () => {
  const { open, revoke, notifier } = await started();
  const { emitter, outlet } = await open({ userId: '1', sessionId: 'old' });
  notifier.renew(emitter, { userId: '1', sessionId: 'new' });
  await revoke({ sessionId: 'old' });
  expect(outlet.closes).toEqual([]);
  await revoke({ sessionId: 'new' });
  expect(outlet.closes).toHaveLength(1);
});

test('a revoked credential renews nothing, nor does an expired one or one of another user', async () => {
  const { open, revoke, notifier } = await started();
  const { emitter } = await open({ userId: '1', issuedAt: Date.now() + 60_000 });
  await revoke({ userId: '1' });
  const bad: Principal[] = [
    { userId: '1', issuedAt: 1 },
    { userId: '2' },
    { userId: null },
    { userId: '1', issuedAt: Date.now() + 60_000, expiresAt: Date.now() },
  ];
  const before = emitter.principal;
  for (const principal of bad) {
    expect(() => notifier.renew(emitter, principal)).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    );
  }
  expect(emitter.principal).toBe(before);
});

const ages: [string, { readonly issuedAt?: number }][] = [
  ['tells its age', { issuedAt: 999_000 }],
  ['does not tell its age', {}],
];

test.each(ages)(
  'who is being admitted while the revocation comes does not slip through, where its credential %s',
  async (_, age) => {
    const { notifier, store, revoke } = await started();
    const { passed, open } = gate();
    // The client's own channels are looked up, after it was found to be nobody revoked.
    store.before.set('positions', () => passed);
    const admittedAt = Date.now();
    const outcome = outcomeOf(
      attached(notifier, { principal: { userId: '1', ...age }, admittedAt }),
    );
    await settle();
    expect(outcome.state).toBe('waits');
    await revoke({ userId: '1' });
    open();
    await settle();
    expect(outcome).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(notifier.emitters.size).toBe(0);
  },
);

test.each(ages)(
  'who was authenticated before the revocation came is not admitted after it, where its credential %s',
  async (_, age) => {
    const { notifier, revoke } = await started();
    const admittedAt = Date.now();
    await revoke({ userId: '1' });
    const outcome = outcomeOf(
      attached(notifier, { principal: { userId: '1', ...age }, admittedAt }),
    );
    await settle();
    expect(outcome).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  },
);

test('later, a credential that does not tell its age is for authenticate to refuse', async () => {
  const { open, revoke } = await started();
  await revoke({ userId: '1' });
  const { outlet } = await open({ userId: '1' });
  expect(outlet.closes).toEqual([]);
});

test('history is refused to the revoked, also where they asked before', async () => {
  const { notifier, store, revoke } = await started();
  const request = { principal: { userId: '1', issuedAt: 1 }, groups: [], limit: 1 };
  const { passed, open } = gate();
  store.before.set('positions', () => passed);
  const asked = outcomeOf(notifier.history(request));
  await settle();
  await revoke({ userId: '1' });
  open();
  await settle();
  expect(asked).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  await expect(notifier.history(request)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('what is no target is refused, and nothing is recorded', async () => {
  const { notifier, head } = await started();
  const targets: unknown[] = [
    {},
    { userId: '' },
    { sessionId: '' },
    { userId: 'x'.repeat(201) },
    { userId: '1', sessionId: 's' },
    { user: '1' },
  ];
  for (const target of targets) {
    const revoking = notifier.revoke(target as RevocationTarget);
    await expect(revoking).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  }
  expect((await head()).offset).toBe(0);
});
