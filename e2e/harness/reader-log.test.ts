import { describe, expect, it } from 'vitest';
import { expectDelivery, type Follower } from './expect-delivery.js';
import type { Notification } from './notification.js';
import type { Accepted } from './publisher.js';
import { type LinkListener, StreamReader } from './stream-reader.js';

const channel = 'user:u1';
const ready = {
  user: 'u1',
  channels: { [channel]: { epoch: 'e', offset: 0 } },
  recovered: true,
  heartbeatMs: 1,
};

function notification(offset: number, id = `id-${offset}`, on = channel): Notification {
  return { id, type: 'message', channel: on, epoch: 'e', offset, time: 1, data: { n: offset } };
}

async function clientThat(shown: (listener: LinkListener) => void): Promise<Follower> {
  const dial = (_target: unknown, listener: LinkListener) => {
    setImmediate(() => {
      listener.ready(ready);
      shown(listener);
    });
    return { destroy: () => undefined };
  };
  const reader = new StreamReader(dial, { name: 'client', nodes: ['here'], token: 't' });
  await reader.open();
  return { reader, channels: [channel] };
}

const accepted: Accepted[] = [1, 2, 3].map((offset) => ({
  ...{ channel, id: `id-${offset}`, offset, type: 'message' },
  data: { n: offset },
}));

const judge = (...clients: Follower[]) => expectDelivery(accepted, clients, [], { timeoutMs: 50 });

describe('the judge of end-to-end tests', () => {
  it('takes what is right', async () => {
    const client = await clientThat((to) => [1, 2, 3].map((n) => to.notification(notification(n))));
    await judge(client);
  });

  const faults: [fault: string, offsets: Notification[], message: RegExp][] = [
    ['a missing one', [1, 2].map((n) => notification(n)), /user:u1 2\/3/],
    ['a hole', [1, 3, 4].map((n) => notification(n)), /came where offset 2 was due/],
    ['a wrong order', [2, 1, 3].map((n) => notification(n)), /came where offset 1 was due/],
    ['one twice', [1, 1, 2, 3].map((n) => notification(n)), /came before/],
    ['one too many', [1, 2, 3, 4].map((n) => notification(n)), /3 were accepted, 4 shown/],
    ['another id', [1, 2, 3].map((n) => notification(n, `x${n}`)), /id-1 at offset 1 is missing/],
    [
      'a foreign channel',
      [...[1, 2, 3].map((n) => notification(n)), notification(1, 'x', 'user:u2')],
      /user:u2#1 .* its channel is not followed/,
    ],
    [
      'other data',
      [1, 2, 3].map((n) => ({ ...notification(n), data: {} })),
      /was accepted as message .* shown as/,
    ],
  ];

  it.each(faults)('finds %s', async (_fault, shown, message) => {
    const client = await clientThat((to) => shown.map((each) => to.notification(each)));
    await expect(judge(client)).rejects.toThrow(message);
  });

  it('finds a source record that is there too often', async () => {
    const records = accepted.map(({ channel: on, type }) => ({
      channel: on,
      type,
      data: { n: 1 },
    }));
    const client = await clientThat((to) => [1, 2, 3].map((n) => to.notification(notification(n))));
    await expect(expectDelivery(records, [client], [])).rejects.toThrow(/2 times too seldom/);
  });

  it('allows a repeat after a cut only for what came after the cursor', async () => {
    const client = await clientThat((to) => {
      to.notification(notification(1));
      to.cursor('c1');
      to.notification(notification(2));
    });
    client.reader.log.cut();
    client.reader.log.notification(notification(2));
    client.reader.log.notification(notification(3));
    await judge(client);
    expect(client.reader.log.allowedRepeats).toBe(1);
    client.reader.log.notification(notification(1));
    await expect(judge(client)).rejects.toThrow(/came before/);
  });

  it('takes one that came before it had its place, and once more too late, as shown once', async () => {
    const provisional = { ...notification(2), epoch: null, offset: null };
    const client = await clientThat((to) => {
      for (const each of [
        provisional,
        notification(1),
        notification(2),
        provisional,
        notification(3),
      ])
        to.notification(each);
    });
    await judge(client);
    expect(client.reader.log.placedLater).toBe(1);
    client.reader.log.notification({ ...provisional, id: 'ephemeral' });
    client.reader.log.notification({ ...provisional, id: 'ephemeral' });
    await expect(judge(client)).rejects.toThrow(/came before/);
  });
});
