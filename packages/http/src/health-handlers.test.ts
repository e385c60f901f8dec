import type { Health } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { answerOf, makeNotifier, serve } from '../test/serving.js';
import { healthHandlers } from './health-handlers.js';

test('is live at once, ready from start to drain', async () => {
  const notifier = makeNotifier({ drainWindowMs: 0 });
  const { live, ready } = healthHandlers(notifier);
  const one = await serve(live);
  const two = await serve(ready);
  const look = async (url: string) => answerOf(await fetch(url));
  expect(await look(one.url)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await look(two.url)).toMatchObject({
    status: 503,
    body: { status: 'starting', reasons: ['not started'], nodeId: 'n1' },
  });
  await notifier.start();
  const ok = await look(two.url);
  expect(ok.status).toBe(200);
  expect(ok.body).toEqual({ status: 'ok', reasons: [], nodeId: 'n1' });
  await notifier.drain();
  expect(await look(two.url)).toMatchObject({ status: 503, body: { status: 'draining' } });
  expect(await look(one.url)).toMatchObject({ status: 200 });
  one.server.close();
  two.server.close();
});

test('stays ready while degraded, and says why', async () => {
  const notifier = makeNotifier();
  notifier.health = async () => ({ status: 'degraded', reasons: ['broker: no answer'] });
  const { server, url } = await serve(healthHandlers(notifier).ready);
  expect(await answerOf(await fetch(url))).toMatchObject({
    status: 200,
    body: { status: 'degraded', reasons: ['broker: no answer'] },
  });
  server.close();
});

test('lets requests share a round trip', async () => {
  const notifier = makeNotifier();
  let trips = 0;
  let finish: (health: Health) => void = () => {};
  notifier.health = () => {
    trips += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  let arrived = 0;
  let bothArrived = (): void => {};
  const arrivals = new Promise<void>((resolve) => {
    bothArrived = resolve;
  });
  const { ready } = healthHandlers(notifier);
  const { server, url } = await serve((request, response) => {
    void ready(request, response);
    arrived += 1;
    if (arrived === 2) bothArrived();
  });
  const answers = Promise.all([fetch(url), fetch(url)]);
  await arrivals;
  finish({ status: 'ok', reasons: [] });
  expect((await answers).map((answer) => answer.status)).toEqual([200, 200]);
  expect(trips).toBe(1);
  const next = fetch(url);
  while (trips < 2) await new Promise((resolve) => setImmediate(resolve));
  finish({ status: 'ok', reasons: [] });
  expect((await next).status).toBe(200);
  server.close();
});
