import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './harness/eventually.js';
import { examples, startExample } from './harness/example.js';
import { Login, refusedComingBack, revoke } from './harness/login.js';
import { post } from './harness/post.js';

describe.each(examples)('POST /demo/revoke of $name', (example) => {
  it('ends the streams of a session, or of a user, and says what it does not take', async () => {
    const running = await startExample(example);
    onTestFinished(() => void running.process.kill('SIGKILL'));
    const node = { name: example.name, base: running.base };
    const [one, two] = await Promise.all(
      ['s1', 's2'].map((session) => Login.at(node, { user: 'u1', session })),
    );
    if (one === undefined || two === undefined) throw new Error('two logins were made');
    const [first, second] = [one.sse(node), two.ws(node)];
    await Promise.all([first.open(), second.open()]);

    expect(await revoke(node, { session: 's1' })).toEqual({ status: 200, body: { revoked: true } });
    await eventually('the session has ended', () => first.byes.length > 0);
    expect(await refusedComingBack(first)).toContain('401');
    expect(second.live).toBe(true);
    expect(await revoke(node, { user: 'u1' })).toMatchObject({ status: 200 });
    await eventually('the other session has ended', () => second.byes.length > 0);
    expect([first.byes, second.byes].flat()).toEqual(
      Array(2).fill({ code: 'REVOKED', returnMs: null }),
    );
    for (const body of [{}, { user: '' }, { user: 'u1', session: 's1' }, { user: 1 }]) {
      expect(await post(running.base, '/demo/revoke', body)).toMatchObject({
        status: 400,
        body: { code: 'BODY_INVALID' },
      });
    }
  });
});
