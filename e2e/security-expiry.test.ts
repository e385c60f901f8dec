import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from './harness/eventually.js';
import { Login } from './harness/login.js';
import { asObject, type Notification, parseNotification } from './harness/notification.js';
import type { Accepted } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { Traffic } from './harness/traffic.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';
import { subprotocol, wsUrl } from './harness/ws-reader.js';

const ttlSeconds = 3;
/** So long after its token's end a stream may be open at most. */
const graceMs = 5_000;

describe('tokens that end while notifications flow, BROKER=redis, two nodes', () => {
  const user = `${randomUUID().slice(0, 8)}-user`;
  const channel = `user:${user}`;
  let redis: RedisDatabase;
  let nodes: TwoNodes;

  beforeAll(async () => {
    redis = await redisDatabase();
    nodes = await startTwoNodes({ BROKER: 'redis', STORE: 'redis', REDIS_URL: redis.url });
  });

  afterAll(async () => {
    await nodes?.stop();
    await redis?.release();
  });

  const startTraffic = () =>
    new Traffic({
      nodes: nodes.both,
      publishers: 2,
      pauseMs: 10,
      nth: (n) => ({ to: { user }, type: 'message', data: { text: `${n}` } }),
    });
  const offsets = (list: readonly (Notification | Accepted)[]) => list.map(({ offset }) => offset);
  const inOrder = (accepted: readonly Accepted[]) =>
    offsets(accepted).sort((one, two) => Number(one) - Number(two));

  it('G8 G2 streams end as EXPIRED within 5 s; with a new token and the cursor they go on at the other node without a gap', async () => {
    const { a, b } = nodes;
    const short = await Login.at(a, { user, ttlSeconds });
    const endsAt = Date.now() + ttlSeconds * 1_000;
    const [sse, ws] = [short.sse(a), short.ws(b)];
    await Promise.all([sse.open(), ws.open()]);
    const traffic = startTraffic();
    const both = [sse, ws];
    await eventually(
      'both streams have ended',
      () => both.every(({ byes }) => byes.length > 0),
      () => '',
      { timeoutMs: endsAt + graceMs - Date.now() },
    );
    for (const { byes } of both) expect(byes).toEqual([{ code: 'EXPIRED', returnMs: null }]);
    await expect(short.sse(b).open()).rejects.toThrow('401');
    await expect(short.ws(a).open()).rejects.toThrow('401');

    const long = await Login.at(b, { user });
    const moved = [long.sse(b, sse.cursor), long.ws(a, ws.cursor)];
    await Promise.all(moved.map((reader) => reader.open()));
    const accepted = inOrder(await traffic.stop());
    for (const [index, { log }] of both.entries()) {
      const then = moved[index]?.log;
      const seen = () => [...log.on(channel), ...(then?.on(channel) ?? [])];
      await eventually('all is shown', () => seen().length >= accepted.length);
      expect(offsets(seen())).toEqual(accepted);
      expect([...log.problems, ...(then?.problems ?? [])]).toEqual([]);
    }
    long.leave();
  });

  it('G8 G2 a WebSocket that is refreshed goes on beyond the end of its first token without a gap', async () => {
    const { a, b } = nodes;
    const short = await Login.at(a, { user, ttlSeconds });
    const endsAt = Date.now() + ttlSeconds * 1_000;
    const seen: Notification[] = [];
    const answers: unknown[] = [];
    const socket = new WebSocket(wsUrl(b.base, { token: short.token }), subprotocol);
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    socket.on('message', (data) => {
      const frame = asObject(JSON.parse(String(data)), 'a frame');
      if (frame.t === 'n') seen.push(parseNotification(frame));
      else answers.push(frame.t);
    });
    await eventually('the stream is open', () => answers.includes('ready'));
    const traffic = startTraffic();
    const { token } = await Login.at(a, { user });
    socket.send(JSON.stringify({ t: 'refresh', ref: 1, token }));
    await eventually('it is refreshed', () => answers.includes('refreshed'));
    await eventually(
      'the end of the first token is long past, or the stream has ended',
      () => closed || Number(seen.at(-1)?.time) > endsAt + 2_000,
    );
    const accepted = inOrder(await traffic.stop());
    await eventually('all is shown', () => closed || seen.length >= accepted.length);
    expect([closed, answers]).toEqual([false, ['ready', 'refreshed']]);
    expect(offsets(seen)).toEqual(accepted);
    socket.terminate();
  });
});
