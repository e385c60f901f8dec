import { createServer } from 'node:http';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMount, type MountOptions } from './index.js';

const access = { anonymous: true } as const;
const notifier = createNotifier({ catalogue: defineCatalogue({ message: z.unknown() }) });
const server = createServer();
const mount = (options: MountOptions) => createMount(notifier, server, options);

afterEach(() => {
  server.removeAllListeners('upgrade');
});

describe('a mount', () => {
  it('has the routes that are asked for, and no other', () => {
    expect([...mount({ access }).routes.keys()]).toEqual([
      '/notifications',
      '/notifications/stream',
    ]);
    const all = mount({ access, prefix: '/a/b/', publish: { open: true }, health: true });
    expect([...all.routes.keys()]).toEqual([
      '/a/b',
      '/a/b/stream',
      '/a/b/publish',
      '/healthz',
      '/readyz',
    ]);
    const publish = { open: true, path: '/say/' };
    expect(mount({ access, publish }).routes.has('/say')).toBe(true);
  });

  it('has an inbox where the notifier has one', () => {
    const catalogue = defineCatalogue({ message: z.unknown() });
    const withInbox = createNotifier({ catalogue, inbox: {} });
    const inbox = { maxBodyBytes: 100 };
    const { routes } = createMount(withInbox, server, { access, prefix: '/a', inbox });
    const changes = ['seen', 'read', 'unread', 'archive', 'unarchive', 'remove', 'mute', 'unmute'];
    expect([...routes.keys()].toSorted()).toEqual(
      ['', '/counts', '/stream', ...changes.map((change) => `/${change}`)]
        .map((path) => `/a${path}`)
        .toSorted(),
    );
  });

  it('finds a route whatever the query, and by the whole path only', () => {
    const { find, routes } = mount({ access });
    const stream = routes.get('/notifications/stream');
    for (const path of ['/notifications/stream', '/notifications/stream/?a=/b/']) {
      expect(find(path)).toBe(stream);
      expect(find(`http://h:80${path}`)).toBe(stream);
    }
    for (const url of [
      undefined,
      '',
      '/',
      '*',
      '/notifications/streams',
      '/notifications/stream//',
      '//notifications/stream',
      '/x/notifications/stream',
      '/x?/notifications/stream',
      '/Notifications/stream',
    ]) {
      expect(find(url)).toBeUndefined();
    }
  });

  it('takes upgrades from the server until the notifier closes', async () => {
    const closing = createNotifier({ catalogue: defineCatalogue({ message: z.unknown() }) });
    createMount(closing, server, { access });
    expect(server.listenerCount('upgrade')).toBe(1);
    await closing.close();
    await closing.closed;
    expect(server.listenerCount('upgrade')).toBe(0);
  });

  const faulty: [what: string, options: object, code: string][] = [
    ['nobody to ask who a client is', { access: {} }, 'AUTHENTICATION_MISSING'],
    ['a prefix without slash', { access, prefix: 'notifications' }, 'OPTIONS_INVALID'],
    ['the root as prefix', { access, prefix: '/' }, 'OPTIONS_INVALID'],
    ['a query in the prefix', { access, prefix: '/a?b' }, 'OPTIONS_INVALID'],
    ['an unknown option', { access, cors: true }, 'OPTIONS_INVALID'],
    ['an unknown option of streams', { access, sse: { nope: 1 } }, 'OPTIONS_INVALID'],
    ['an unknown option of history', { access, history: { nope: 1 } }, 'OPTIONS_INVALID'],
    ['an inbox that the notifier lacks', { access, inbox: {} }, 'OPTIONS_INVALID'],
    ['an unknown option of WebSockets', { access, ws: { nope: 1 } }, 'OPTIONS_INVALID'],
    ['an unknown option of access', { access: { ...access, nope: 1 } }, 'OPTIONS_INVALID'],
    ['publishing that nobody guards', { access, publish: {} }, 'AUTHENTICATION_MISSING'],
    ['a bad path', { access, publish: { open: true, path: 'x' } }, 'OPTIONS_INVALID'],
  ];
  it.each(faulty)('is not made with %s, and leaves the server alone', (_what, options, code) => {
    expect(() => mount(options as MountOptions)).toThrow(expect.objectContaining({ code }));
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});
