import { describe, expect, it } from 'vitest';
import { hosts } from './hosts/index.js';
import { appOrigin, makeNotifier, tokenOf } from './notifier.js';
import { follow, stage } from './stage.js';
import { transports } from './streams.js';

describe.each(hosts)('the inbox on $name', (host) => {
  it.each(transports)('is listed, changed and told over $name', async (transport) => {
    const { base, say, sayToGroup } = await stage(host, undefined, makeNotifier({ inbox: {} }));
    const token = await tokenOf('u1', { groups: ['g1'] });
    const ask = async (path: string, body?: unknown) => {
      const response = await fetch(`${base}/notifications${path}`, {
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          origin: appOrigin,
          connection: 'close',
        },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      expect(response.headers.get('access-control-allow-origin')).toBe(appOrigin);
      return { status: response.status, body: await response.json() };
    };

    expect((await ask('?group=g1')).body).toMatchObject({ items: [], unread: 0 });
    await sayToGroup('g1', 'to the group');
    await say('u1', 'to me');
    const { body: page } = await ask('/?limit=1&unread=1');
    expect(page).toMatchObject({
      items: [{ data: { text: 'to me' }, seen: false, read: false, archived: false }],
      unread: 2,
      unseen: 2,
      muted: [],
      next: expect.any(String),
    });
    expect((await ask(`?before=${page.next}`)).body).toMatchObject({
      items: [{ data: { text: 'to the group' } }],
      next: null,
    });

    const { stream } = await follow(transport, { base, token, cursor: page.cursor });
    const { body: counts } = await ask('/read', { ids: [page.items[0].id] });
    expect(counts).toMatchObject({ unread: 1, unseen: 1 });
    expect((await ask('/counts/')).body).toEqual(counts);
    expect(await stream.next()).toMatchObject({
      name: 'inbox.changed',
      data: {
        channel: 'inbox:u1',
        ...counts.version,
        data: {
          action: 'read',
          ids: [page.items[0].id],
          unread: 1,
          unseen: 1,
          at: counts.at,
        },
      },
    });
    stream.close();

    for (const [path, body, unread] of [
      ['/archive', { all: true }, 0],
      ['/unarchive', { all: true }, 1],
      ['/mute', { type: 'message' }, 0],
      ['/unmute', { type: 'message' }, 1],
      ['/unread', { all: true }, 2],
      ['/seen', { all: true }, 2],
      ['/remove', { upTo: page.cursor }, 0],
    ] as const) {
      expect(await ask(path, body)).toMatchObject({ status: 200, body: { unread } });
    }
    expect(await ask('/read', { ids: 'all' })).toMatchObject({
      status: 400,
      body: { code: 'BODY_INVALID' },
    });
  });
});
