import { eventually } from '@realtime-notify/contract-kit';
import type { CloseReason } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { clientFrame, opcodes } from './harness/client-frame.js';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { openWebSocket } from './harness/open-web-socket.js';
import type { RawClient } from './harness/raw-client.js';

const transports: readonly [string, (server: HostileServer, user: string) => Promise<RawClient>][] =
  [
    ['SSE', (server, user) => server.stream(user)],
    ['WebSocket', async (server, user) => (await openWebSocket(server, `?token=${user}`)).client],
  ];

const kib = 1024;

/** Sends to a user who does not read until `done`; some at a time, as `notify` may be called. */
async function flood(server: HostileServer, user: string, done: () => boolean): Promise<void> {
  const text = 'x'.repeat(50 * kib);
  await eventually(async () => {
    for (let n = 0; n < 10 && !done(); n += 1) {
      await server.notifier.notify({
        to: { user },
        type: 'message',
        data: { text },
        durable: false,
      });
    }
    expect(done()).toBe(true);
  });
}

/** Why streams ended, in that order. */
function endings(server: HostileServer): readonly (CloseReason | undefined)[] {
  const seen: (CloseReason | undefined)[] = [];
  server.notifier.on('detached', ({ reason }) => seen.push(reason));
  return seen;
}

const slow = { code: 'SLOW_CONSUMER', returnMs: 1_000 };

test.each(transports)(
  'L-bufferedBytes who does not read over %s is cut at the budget',
  async (_, open) => {
    const server = await hostileServer({ notifier: { maxBufferedBytes: 256 * kib } });
    const other = await bystander(server);
    const ended = endings(server);
    const stuck = await open(server, 'u1');
    stuck.pause();
    let most = 0;
    await flood(server, 'u1', () => {
      for (const { bufferedBytes } of server.notifier.emitters.ofUser('u1')) {
        most = Math.max(most, bufferedBytes);
      }
      return ended.length > 0;
    });
    expect(ended).toEqual([slow]);
    expect(most).toBeLessThan(400 * kib);
    expect(server.reached('bufferedBytes')).toBe(1);
    await eventually(() => expect(server.notifier.connections.size).toBe(2));
    await other.assertUntouched();
  },
);

test.each(transports)(
  'L-bufferedBytesPerNode many who take little over %s are cut together, the slowest first',
  async (_, open) => {
    const server = await hostileServer({
      notifier: { maxBufferedBytes: 100_000 * kib, maxNodeBufferedBytes: 1_000 * kib },
    });
    const other = await bystander(server);
    const ended = endings(server);
    for (const user of ['slow', 'slower']) (await open(server, user)).pause();
    const backlog = (user: string) =>
      server.notifier.emitters.ofUser(user).reduce((sum, each) => sum + each.bufferedBytes, 0);
    await flood(server, 'slow', () => backlog('slow') > 200 * kib);
    await flood(server, 'slower', () => ended.length > 0);
    expect(ended).toEqual([slow]);
    expect(server.notifier.emitters.ofUser('slower')).toEqual([]);
    expect(server.notifier.emitters.ofUser('slow')).toHaveLength(1);
    expect(server.reached('bufferedBytesPerNode')).toBe(1);
    expect(server.reached('bufferedBytes')).toBe(0);
    await other.assertUntouched();
  },
);

test.each([
  ['frames', clientFrame('{"t":"ping"}')],
  ['pings', clientFrame('', { opcode: opcodes.ping })],
])(
  'L-replyBacklogBytes who goes on sending %s without reading is cut, whatever the budget for notifications',
  async (_, asked) => {
    const server = await hostileServer({
      notifier: { maxBufferedBytes: 100_000 * kib },
      mount: { ws: { maxReplyBacklogBytes: 64 * kib } },
    });
    const other = await bystander(server);
    const stuck = await openWebSocket(server, '?token=u1');
    stuck.client.pause();
    const [emitter] = server.notifier.emitters.ofUser('u1');
    await flood(server, 'u1', () => (emitter?.bufferedBytes ?? 0) > 128 * kib);
    stuck.write(asked);
    await eventually(() => expect(server.notifier.connections.size).toBe(2));
    expect(server.reached('replyBacklogBytes')).toBe(1);
    await other.assertUntouched();
  },
);

test.each(transports)(
  'L-stalled who takes nothing for a heartbeat over %s is cut, however small the backlog',
  async (_, open) => {
    const server = await hostileServer({
      notifier: { maxBufferedBytes: 100_000 * kib },
      mount: { sse: { heartbeatMs: 200 }, ws: { heartbeatMs: 200 } },
    });
    const other = await bystander(server);
    const stuck = await open(server, 'u1');
    stuck.pause();
    const [emitter] = server.notifier.emitters.ofUser('u1');
    await flood(server, 'u1', () => emitter?.closed === true || (emitter?.bufferedBytes ?? 0) > 0);
    await eventually(() => expect(server.notifier.connections.size).toBe(2));
    expect(server.reached('stalled')).toBe(1);
    await other.assertUntouched();
  },
);
