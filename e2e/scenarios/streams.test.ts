import type { Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { hostHeader } from './hosts/host.js';
import { hosts } from './hosts/index.js';
import { access, appOrigin, tokenOf } from './notifier.js';
import { follow, followAs, heard, refused, stage } from './stage.js';
import { transports } from './streams.js';

describe.each(hosts)('on $name', (host) => {
  describe.each(transports)('a stream over $name', (transport) => {
    it('brings each notification at once', async () => {
      const { base, say } = await stage(host);
      const { stream, ready } = await followAs(transport, 'u1', { base });
      expect(ready).toMatchObject({ user: 'u1', recovered: true });
      if (transport.name === 'SSE') {
        expect(stream.head).toMatchObject({
          'access-control-allow-origin': appOrigin,
          [hostHeader[0]]: hostHeader[1],
        });
      }
      // The second is not sent before the first has come: nobody on the way waits for more.
      await say('u1', 'one');
      expect(await heard(stream)).toBe('one');
      await say('u1', 'two');
      expect(await heard(stream)).toBe('two');
      stream.close();
    });

    it('resumes behind its cursor', async () => {
      const { base, say } = await stage(host);
      const { stream } = await followAs(transport, 'u1', { base });
      await say('u1', 'seen');
      expect(await heard(stream)).toBe('seen');
      stream.close();
      await say('u1', 'missed');
      const again = await followAs(transport, 'u1', { base, cursor: stream.cursor });
      expect(again.ready).toMatchObject({ recovered: true });
      expect(await heard(again.stream)).toBe('missed');
      await say('u1', 'live');
      expect(await heard(again.stream)).toBe('live');
      again.stream.close();
    });

    it('follows the groups that it asks for and may have', async () => {
      const { base, say, sayToGroup } = await stage(host);
      const { stream } = await followAs(transport, 'u1', { base, groups: ['g1', 'g2'] });
      await sayToGroup('g3', 'not for us');
      await sayToGroup('g2', 'for us');
      await say('u2', 'not for us either');
      await say('u1', 'for me');
      expect(await heard(stream)).toBe('for us');
      expect(await heard(stream)).toBe('for me');
      stream.close();
      const token = await tokenOf('u1', { groups: ['g1'] });
      expect(await refused(transport, { base, token, groups: ['g1', 'g9'] })).toEqual({
        status: 403,
        code: 'FORBIDDEN',
      });
    });

    it('is refused to a credential that is bad or has expired', async () => {
      const { base } = await stage(host);
      const unauthenticated = { status: 401, code: 'UNAUTHENTICATED' };
      expect(await refused(transport, { base, token: 'nonsense' })).toEqual(unauthenticated);
      const token = await tokenOf('u1', { ttlSeconds: -60 });
      expect(await refused(transport, { base, token })).toEqual(unauthenticated);
    });

    it('is refused to one who asks for too much, and ends for one who claims nonsense', async () => {
      const { base, notifier } = await stage(host);
      const groups = Array.from({ length: 31 }, (_, index) => `g${index}`);
      const token = await tokenOf('u1', { groups });
      expect(await refused(transport, { base, token, groups })).toMatchObject({
        code: 'LIMIT_EXCEEDED',
      });
      const answer = await transport.open({ base, token, cursor: 'c1~nonsense' });
      if ('next' in answer) {
        expect(await answer.next()).toMatchObject({ name: 'error', data: { code: 'BAD_FRAME' } });
        expect(await answer.next()).toMatchObject({ name: 'bye', data: { returnMs: null } });
        expect(await answer.next()).toBeUndefined();
      } else {
        expect(answer).toEqual({ status: 400, code: 'CURSOR_INVALID' });
      }
      expect(notifier.emitters.all()).toHaveLength(0);
    });

    it('is served below a path that the host cuts off, and by two mounts side by side', async () => {
      const staff = { ...access, authenticate: () => ({ userId: 'staff' }) };
      const { base, say } = await stage(host, [
        { access, prefix: '/api/notifications' },
        { access: staff, prefix: '/staff/events/' },
      ]);
      const user = await followAs(transport, 'u1', { base, prefix: '/api/notifications' });
      const colleague = await follow(transport, { base, prefix: '/staff/events' });
      expect(colleague.ready).toMatchObject({ user: 'staff' });
      await say('u1', 'for the user');
      await say('staff', 'for the colleague');
      expect(await heard(user.stream)).toBe('for the user');
      expect(await heard(colleague.stream)).toBe('for the colleague');
      user.stream.close();
      colleague.stream.close();
    });

    it('is told to come back when the host shuts down, and nothing stays', async () => {
      const { base, server, notifier, close } = await stage(host);
      const streams = await Promise.all(
        ['u1', 'u2', 'u3'].map((user) => followAs(transport, user, { base })),
      );
      expect(notifier.emitters.all()).toHaveLength(3);
      const closed = close();
      for (const { stream } of streams) {
        const bye = { code: 'DRAINING', returnMs: expect.any(Number) };
        expect(await stream.next()).toMatchObject({ name: 'bye', data: bye });
        expect(await stream.next()).toBeUndefined();
      }
      await closed;
      expect(server.listening).toBe(false);
      expect(await connectionsOf(server)).toBe(0);
      expect(notifier.emitters.all()).toHaveLength(0);
      expect(server.listenerCount('upgrade')).toBe(1);
    });
  });
});

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
